// Parts of a page that scroll are named to those who hear it: the sidebar as the site, tables as the page, numbered.
document.addEventListener("DOMContentLoaded", () => {
  const title = document.title.split(" | ")[0].trim();
  const site = document.querySelector("#site-name")?.textContent.trim();
  let tables = 0;
  for (const part of document.querySelectorAll("[data-simplebar]")) {
    part.setAttribute("data-simplebar-aria-label", part.closest("nav") ? site : `${title} ${(tables += 1)}`);
  }
});
