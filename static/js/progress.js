// A staff page tells how far some work is. Only that part of it is fetched anew until the work stands still; where the
// result needs the whole page, as a chart does, it is loaded once more then.
{
  const { part, thenReload } = document.currentScript.dataset;
  const again = setInterval(async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById(part);
    const moves = fresh && "moving" in fresh.dataset;
    if (!moves) clearInterval(again);
    if (!moves && thenReload !== undefined) location.reload();
    else if (fresh) document.getElementById(part).replaceWith(fresh);
  }, 2000);
}
