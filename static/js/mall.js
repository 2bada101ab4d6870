// Improvements only: every page does its main act without this file.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button) return;
  // A disabled button would not send its own value, so it is only dressed as one.
  button.setAttribute("aria-disabled", "true");
  if (button.dataset.sending) {
    button.dataset.label = button.innerHTML;
    button.textContent = button.dataset.sending;
  }
});

// A page taken back from the history must not stay "sent".
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) button.innerHTML = button.dataset.label;
  }
});

document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) {
    const input = step.parentElement.querySelector("input");
    const before = input.value;
    if (Number(step.dataset.step) > 0) input.stepUp();
    else input.stepDown();
    if (input.value !== before) {
      event.preventDefault();
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (step.type === "button") event.preventDefault();
  }
  const copy = event.target.closest("[data-copy]");
  if (copy && navigator.clipboard) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.querySelector("[data-copy-label]").textContent = copy.dataset.copied;
    });
  }
  const sheet = document.querySelector("details.sheet[open]");
  if (sheet && (event.target.closest("[data-close]") || (event.target === sheet.querySelector("summary") ))) {
    if (event.target.closest("[data-close]")) { sheet.open = false; event.preventDefault(); }
  }
});

document.addEventListener("keydown", (event) => {
  const sheet = event.key === "Escape" && document.querySelector("details.sheet[open]");
  if (sheet) { sheet.open = false; sheet.querySelector("summary").focus(); }
});

// Buttons that only work with a script show themselves here.
for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
document.querySelector(".errors")?.focus();
