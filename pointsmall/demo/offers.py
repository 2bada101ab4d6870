"""Price, stock and parameters of each demo product.

100 points are worth 1 yuan, so a price in points alone stands at about 85 to 90 % of the market price times 100; points
+ cash adds up to about the same. One line per product, by the name of its picture.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """``points``: price in points alone. ``mixed``: (points, yuan). At least one of the two. ``cash``: yuan, of which
    points may pay a part at checkout. ``weight``: grams, if not the usual weight of such goods.

    ``scale``: price factors of the first option's values, in their order (``None``: all cost the same). ``stock``:
    pieces left today, one number per value, or one for all. ``popularity``: pieces redeemed before the demo members
    joined. ``listed``: days since listing; ``None``: unlisted. ``parameters``: ``name:value`` joined by ``;``.
    """

    parameters: str
    points: int | None = None
    mixed: tuple[int, float] | None = None
    cash: float | None = None
    weight: int | None = None
    scale: tuple[float, ...] | None = None
    stock: tuple[int, ...] = (60,)
    popularity: int = 0
    listed: int | None = 200


OFFERS = {
    # Imported fruit
    "fruit-imported-cherries": Offer(
        "产地:智利;果径:28–30毫米;储存:0–4 ℃冷藏;最佳食用期:收货后3天",
        mixed=(2000, 89), scale=(1, 2.3), stock=(86, 2), popularity=1326,
    ),
    "fruit-imported-kiwi": Offer(
        "产地:新西兰;单果:100–120克;储存:常温催熟，熟后冷藏",
        points=6900, mixed=(1500, 49), scale=(1, 1.7), stock=(120, 48), popularity=742,
    ),
    "fruit-imported-dragon-fruit": Offer(
        "产地:越南;单果:500–800克;储存:阴凉处或冷藏",
        points=5200, stock=(74,), popularity=388,
    ),
    "fruit-imported-avocado": Offer(
        "产地:秘鲁;单果:约170克;储存:未熟常温，熟后冷藏",
        points=4300, mixed=(900, 29.9), scale=(1, 1.6), stock=(95, 40), popularity=563,
    ),
    "fruit-imported-grapes": Offer(
        "产地:智利;果径:18毫米以上;储存:0–4 ℃冷藏",
        mixed=(1200, 46), scale=(1, 1.9), stock=(66, 21), popularity=415,
    ),
    "fruit-imported-mango": Offer(
        "产地:澳大利亚;数量:4–6个;过敏提示:对芒果过敏者请勿食用",
        points=11200, mixed=(3000, 78), stock=(38,), popularity=207, listed=9,
    ),
    "fruit-imported-blueberries": Offer(
        "产地:秘鲁;果径:18毫米以上;储存:0–4 ℃冷藏;最佳食用期:收货后4天",
        cash=92, points=8600, mixed=(2000, 65), scale=(1, 1.9), stock=(110, 35), popularity=1048,
    ),
    # Seasonal fruit
    "fruit-season-oranges": Offer(
        "产地:江西赣州;果径:75–80毫米;储存:阴凉通风处",
        cash=45, points=4200, mixed=(800, 34), scale=(1, 1.85), stock=(240, 130), popularity=932, listed=21,
    ),
    "fruit-season-apples": Offer(
        "产地:甘肃天水;数量:12–14个;储存:常温两周，冷藏更久",
        points=3800, scale=(1, 1.7), stock=(180, 75), popularity=476,
    ),
    "fruit-season-pears": Offer(
        "产地:新疆库尔勒;数量:22–26个;储存:冷藏",
        points=4980, mixed=(1500, 32), stock=(90,), popularity=351,
    ),
    "fruit-season-persimmons": Offer(
        "产地:陕西富平;数量:8–10个;食用提示:不宜空腹大量食用",
        points=3300, stock=(57,), popularity=164, listed=12,
    ),
    "fruit-season-pomelo": Offer(
        "产地:福建平和;净重:约5斤;储存:常温可放两周",
        points=2980, scale=(1, 1.8), stock=(143, 60), popularity=529,
    ),
    "fruit-season-peaches": Offer(
        "产地:江苏无锡;单果:约250克;储存:冷藏，三天内食用",
        mixed=(2800, 72), scale=(1, 1.9), stock=(0, 0), popularity=688,
    ),
    "fruit-season-watermelon": Offer(
        "产地:海南;净重:8–10斤;储存:切开后冷藏",
        weight=4500, points=4600, stock=(0,), popularity=811, listed=None,
    ),
    # Household
    "home-pot": Offer(
        "材质:铸铁珐琅;容量:3.2升;直径:24厘米;适用:明火、烤箱",
        cash=218, weight=4200, points=19800, mixed=(5000, 149), stock=(26,), popularity=236,
    ),
    "home-thermos": Offer(
        "材质:316不锈钢内胆;容量:480毫升;保温:6小时后约65 ℃;产地:浙江永康",
        cash=119, points=10900, mixed=(3000, 75), stock=(86, 41, 0), popularity=1204,
    ),
    "home-candle": Offer(
        "材质:大豆蜡;净含量:200克;燃烧时间:约45小时",
        points=8900, stock=(0, 0, 0), popularity=597,
    ),
    "home-towels": Offer(
        "材质:长绒棉;尺寸:34×76厘米;数量:3条",
        points=6500, stock=(132, 88), popularity=986,
    ),
    "home-hand-soap": Offer(
        "净含量:500毫升;成分:氨基酸表活;香型:苦橙",
        points=3980, mixed=(580, 33), stock=(150,), popularity=674,
    ),
    "home-plant": Offer(
        "高度:含盆约30厘米;养护:一到两周浇一次水;光照:散射光",
        points=4800, stock=(33, 29), popularity=298,
    ),
    "home-tea-tin": Offer(
        "产地:浙江;采摘:清明前;冲泡:80–85 ℃;保质期:18个月",
        mixed=(4000, 99), scale=(1, 1.9), stock=(47, 18), popularity=443,
    ),
    # Electronics
    "electronics-earbuds": Offer(
        "蓝牙:5.3;续航:单次6小时，合计约24小时;降噪:主动降噪;保修:1年",
        cash=288, points=25800, mixed=(6800, 179), stock=(44, 37), popularity=743,
    ),
    "electronics-speaker": Offer(
        "功率:20 W;防水:IPX5;续航:约12小时;保修:1年",
        cash=238, weight=1400, points=21800, mixed=(5000, 159), stock=(31, 28), popularity=312,
    ),
    "electronics-power-bank": Offer(
        "容量:20000 mAh;额定能量:74 Wh;输出:22.5 W;接口:双口",
        cash=139, points=12300, mixed=(3900, 85), stock=(76, 52), popularity=655,
    ),
    "electronics-phone": Offer(
        "屏幕:6.5英寸高刷直屏;存储:8+256 GB;保修:1年",
        mixed=(50000, 1499), stock=(8, 5), popularity=41, listed=16,
    ),
    "electronics-tablet": Offer(
        "屏幕:11英寸;网络:WLAN;随附:支撑保护壳;保修:1年",
        mixed=(30000, 1299), scale=(1, 1.22), stock=(12, 0), popularity=58,
    ),
    "electronics-smart-watch": Offer(
        "屏幕:1.8英寸;防水:5 ATM;续航:约7天;用途:数据仅供参考",
        points=43800, mixed=(12000, 299), stock=(23, 19), popularity=187,
    ),
    "electronics-camera": Offer(
        "像素:2400万;镜头:定焦;随附:电池1块、肩带;保修:1年",
        mixed=(60000, 1799), stock=(1,), popularity=22,
    ),
    # Sport
    "sport-yoga-mat": Offer(
        "材质:天然橡胶底;尺寸:183×61厘米;厚度:6毫米;随附:绑带2条",
        cash=108, points=9800, mixed=(1200, 89), stock=(64, 58), popularity=834,
    ),
    "sport-dumbbells": Offer(
        "材质:包胶铸铁;数量:2只;手柄:滚花防滑",
        weight=6000, points=11500, scale=(0.7, 1, 1.5), stock=(36, 24, 4), popularity=265,
    ),
    "sport-basketball": Offer(
        "规格:7号;材质:吸湿PU;适用:室内外",
        weight=900, points=10500, mixed=(3000, 72), stock=(42,), popularity=191,
    ),
    "sport-water-bottle": Offer(
        "容量:750毫升;材质:Tritan，不含双酚A;温度:请勿装沸水",
        points=5600, stock=(98, 83), popularity=517,
    ),
    "sport-table-tennis": Offer(
        "数量:2拍1球;底板:7层;胶皮:双面反胶",
        points=7900, stock=(40, 22), popularity=148, listed=60,
    ),
    "sport-jump-rope": Offer(
        "长度:3米，可调;手柄:榉木;轴承:滚珠",
        weight=250, points=2800, mixed=(600, 21), stock=(160,), popularity=903,
    ),
    "sport-kettlebell": Offer(
        "材质:铸铁包胶;握把:双手可握;底部:包胶护地板",
        weight=12000, points=13800, scale=(0.65, 1, 1.4), stock=(20, 14, 9), popularity=96,
    ),
    # Fashion
    "fashion-tote": Offer(
        "材质:12安棉帆布;尺寸:38×40×12厘米;洗护:手洗，印花面勿熨烫",
        points=7600, mixed=(2000, 49), stock=(71, 46), popularity=719,
    ),
    "fashion-suitcase": Offer(
        "材质:聚碳酸酯;尺寸:20英寸;轮子:四只万向静音轮",
        cash=368, weight=3400, points=34800, mixed=(9800, 239), stock=(15, 11, 7), popularity=134,
    ),
    "fashion-watch": Offer(
        "表径:38毫米;表带:牛皮;机芯:石英;防水:日常防溅",
        points=32000, mixed=(9000, 219), stock=(13, 10), popularity=87,
    ),
    "fashion-sunglasses": Offer(
        "镜框:板材;镜宽:52毫米;防护:UV400",
        points=16900, mixed=(5000, 115), stock=(28, 25), popularity=173,
    ),
    "fashion-cap": Offer(
        "材质:水洗棉;帽围:56–60厘米可调;洗护:手洗阴干",
        points=5900, stock=(54, 47, 3), popularity=342,
    ),
    "fashion-scarf": Offer(
        "材质:羊毛50%;尺寸:190×65厘米;洗护:干洗或冷水手洗",
        points=14200, mixed=(4000, 99), stock=(39, 34), popularity=226, listed=6,
    ),
    "fashion-umbrella": Offer(
        "直径:102厘米;伞骨:玻璃纤维8骨;手柄:弯木",
        points=9900, mixed=(3000, 66), stock=(62, 55), popularity=381,
    ),
    # Office
    "office-notebook": Offer(
        "开本:A5;页数:192页;纸张:100克，可平摊",
        points=4980, stock=(88, 92, 61), popularity=628,
    ),
    "office-fountain-pen": Offer(
        "笔尖:EF或F;上墨:附吸墨器;材质:亚克力笔杆",
        points=10800, mixed=(3000, 75), stock=(33, 49), popularity=254,
    ),
    "office-desk-lamp": Offer(
        "高度:38厘米;色温:3000 K;调光:三档触摸",
        cash=189, mixed=(4200, 139), stock=(18, 16), popularity=309, listed=27,
    ),
    "office-keyboard": Offer(
        "配列:65;连接:三模，可连3台;键帽:PBT;续航:约3周",
        cash=308, points=28800, mixed=(8000, 189), stock=(21, 17), popularity=205,
    ),
    "office-mouse": Offer(
        "连接:双模;精度:1600 DPI;电池:5号1节，约半年",
        points=8300, stock=(65, 59), popularity=462,
    ),
    "office-laptop-stand": Offer(
        "材质:铝合金;适用:11–16英寸;承重:5千克",
        points=11800, mixed=(3500, 79), stock=(43,), popularity=287,
    ),
    "office-mug": Offer(
        "材质:高温炻器;容量:350毫升;适用:微波炉、洗碗机",
        points=5800, stock=(3, 0), popularity=871,
    ),
    # Cards and services
    "service-gift-card-green": Offer(
        "形式:电子卡;有效期:3年;说明:不找零、不兑现",
        points=10000, scale=(0.5, 1, 2), stock=(400, 300, 120), popularity=1512,
    ),
    "service-gift-card-navy": Offer(
        "形式:电子卡，可转赠;有效期:3年;说明:领取后不可退回",
        points=30000, scale=(1 / 3, 1, 5 / 3), stock=(150, 90, 45), popularity=276,
    ),
    "service-coupon": Offer(
        "门槛:满199元;有效期:30天;限制:一单一张",
        points=650, stock=(500,), popularity=2240,
    ),
    "service-coffee-voucher": Offer(
        "杯型:中杯;有效期:60天;适用:指定门店",
        points=1880, mixed=(500, 13), stock=(260, 310), popularity=1683,
    ),
    "service-film-ticket": Offer(
        "场次:2D;有效期:90天;说明:特殊厅和节假日可能补差价",
        points=3900, mixed=(640, 31), scale=(1, 2), stock=(140, 70), popularity=757,
    ),
    "service-spa": Offer(
        "预约:提前1天;有效期:90天;人数:单人",
        points=23800, mixed=(5000, 168), scale=(1, 1.4), stock=(24, 10), popularity=119,
    ),
    "service-parcel": Offer(
        "次数:5次;限制:每单一次，偏远地区和冷链除外",
        points=580, scale=(1, 2.6), stock=(600, 240), popularity=1095,
    ),
}  # fmt: skip
