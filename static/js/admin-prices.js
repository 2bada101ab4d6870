// The proposal of a points price follows cost and market price while they are typed; the figures come with the form.
function tell(input) {
  const { pointsPerYuan, margin, proposal } = input.dataset;
  const row = input.closest("[id]:not(input)");
  const place = row?.querySelector(".field-proposal .readonly") ?? row?.querySelector(".field-proposal");
  if (!place) return;
  const fen = (text) => (text === "" || isNaN(text) ? null : Math.round(Number(text) * 100));
  const cost = fen(input.value);
  const market = fen(document.querySelector("[name=market_price_fen]")?.value ?? "");
  const up = (amount) => Math.ceil((amount * pointsPerYuan) / 100);
  const atCost = cost === null ? null : up(cost);
  const atMarket = market === null ? null : Math.floor((market * pointsPerYuan) / 100);
  let proposed = atCost === null ? atMarket : up(Math.ceil((cost * (100 + Number(margin))) / 100));
  if (atCost !== null && atMarket !== null) proposed = Math.max(Math.min(proposed, atMarket), atCost);
  if (proposed === null) return;
  const show = (points) => (points === null ? "-" : points.toLocaleString("en-US"));
  place.textContent = proposal
    .replace("%(cost)s", show(atCost))
    .replace("%(proposed)s", show(proposed))
    .replace("%(market)s", show(atMarket));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-proposal]")) tell(event.target);
  if (event.target.name === "market_price_fen") document.querySelectorAll("[data-proposal]").forEach(tell);
});
