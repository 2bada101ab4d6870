"""The demo members. Names, numbers and house numbers are invented; the districts are real."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAddress:
    """``region_code`` is a district's six digits."""

    region_code: str
    detail: str
    label: str = "家"


@dataclass(frozen=True)
class DemoMember:
    """``joined``: days ago. ``diligence``: probability of signing in on a day (0 to 1). ``monthly_yuan``: money spent
    per month.

    ``orders``: number of redemptions; what becomes of each is random.
    """

    number: int
    nickname: str
    name: str
    joined: int
    diligence: float
    monthly_yuan: int
    orders: int
    addresses: tuple[DemoAddress, ...]

    @property
    def phone(self):
        """The number in E.164; without +86 it is the login."""
        return f"+86{13800000000 + self.number}"


MEMBERS = [
    DemoMember(1, "晓雯", "林晓雯", 186, 0.86, 0, 0, (
        DemoAddress("110105", "望京街道花家地南里8号楼2单元1103"),
        DemoAddress("110108", "中关村大街甲27号5层前台", "公司"),
    )),
    DemoMember(2, "阿哲", "周明哲", 182, 0.7, 900, 5, (DemoAddress("310115", "张杨路88弄6号1502室"),)),
    DemoMember(3, "小满", "何小满", 180, 0.9, 700, 4, (
        DemoAddress("330106", "文三路199号翠苑三区12幢402"),
        DemoAddress("330108", "江南大道3900号B座9层", "公司"),
    )),
    DemoMember(4, "老陈", "陈国栋", 178, 0.35, 2000, 5, (DemoAddress("440305", "后海大道2388号南区5栋801"),)),
    DemoMember(5, "橙子汽水", "许诺", 171, 0.6, 450, 3, (DemoAddress("510107", "玉林西路16号3单元7楼"),)),
    DemoMember(6, "Kevin", "梁凯文", 168, 0.45, 1100, 5, (DemoAddress("440106", "天河北路179号1803"),)),
    DemoMember(7, "木子", "李思远", 160, 0.75, 700, 4, (DemoAddress("420106", "东湖路115号9栋2单元601"),)),
    DemoMember(8, "团团妈妈", "赵雅琴", 155, 0.8, 1600, 6, (
        DemoAddress("320106", "汉口西路70号4幢203"),
        DemoAddress("320104", "夫子庙街道平江府路19号", "父母家"),
    )),
    DemoMember(9, "北北", "孙北辰", 149, 0.5, 400, 3, (DemoAddress("210102", "南京南街112号1单元1705"),)),
    DemoMember(10, "山茶", "吴静姝", 143, 0.85, 900, 5, (DemoAddress("350203", "湖滨南路81号12D"),)),
    DemoMember(11, "大鹏", "郑云鹏", 136, 0.4, 900, 4, (DemoAddress("370202", "香港中路60号2号楼1201"),)),
    DemoMember(12, "一只栗子", "高一凡", 384, 0.45, 90, 2, (DemoAddress("610113", "小寨西路26号5号楼904"),)),
    DemoMember(13, "Mia", "沈米娅", 120, 0.7, 1500, 5, (DemoAddress("320508", "干将东路333号8栋302"),)),
    DemoMember(14, "早睡协会会长", "唐睿", 112, 0.55, 500, 3, (DemoAddress("500103", "民生路235号16-8"),)),
    DemoMember(15, "秋实", "马秋实", 98, 0.8, 700, 3, (DemoAddress("120101", "南京路219号2门1401"),)),
    DemoMember(16, "阿布", "韩布", 84, 0.6, 300, 2, (DemoAddress("410105", "花园路39号院7号楼55"),)),
    DemoMember(17, "青柠不酸", "罗青", 66, 0.75, 900, 3, (DemoAddress("430102", "五一大道618号2203"),)),
    DemoMember(18, "Leo在路上", "谢力", 45, 0.3, 1600, 2, (DemoAddress("530102", "东风西路99号8幢1单元502"),)),
    DemoMember(19, "芒果布丁", "曹雨桐", 23, 0.9, 500, 1, (DemoAddress("450103", "民族大道115号A座1606"),)),
    DemoMember(20, "阿宁", "袁宁", 2, 1.0, 0, 0, (DemoAddress("340104", "长江西路130号3栋1单元702"),)),
]  # fmt: skip
