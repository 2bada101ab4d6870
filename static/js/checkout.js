// The sum follows another address, coupon or number of points at once; without this file a button does it.
const form = document.getElementById("checkout");
const update = form?.querySelector("button[name=update]");
form?.addEventListener("change", (event) => {
  if (update && ["address", "coupon", "deduct"].includes(event.target.name)) form.requestSubmit(update);
});
