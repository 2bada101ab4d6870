// Improvements only: every page does its main act without this file.

// A form is sent once. Its button is dressed as disabled, because one that is would not send its own value.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  if (button.dataset.sending) {
    button.dataset.label = button.innerHTML;
    button.textContent = button.dataset.sending;
  }
});

// In a rush the mall asks for a moment: the form goes again by itself, somewhat spread, so that not all come at once.
for (const form of document.querySelectorAll("form[data-again]")) {
  setTimeout(() => form.dataset.sent || form.requestSubmit(), Number(form.dataset.again) * 1000 * (0.75 + Math.random() / 2));
}

// A page taken back from the history is ready to be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) button.innerHTML = button.dataset.label;
  }
});

// Stepper: count in the field at once; a button that submits still submits when the field cannot change further.
function step(button, event) {
  const input = button.parentElement.querySelector("input");
  const before = input.value;
  if (Number(button.dataset.step) > 0) input.stepUp();
  else input.stepDown();
  if (input.value === before) return;
  event.preventDefault();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.querySelector("[data-copy-label]").textContent = button.dataset.copied;
}

function closeSheet() {
  const sheet = document.querySelector("details.sheet[open]");
  if (!sheet) return;
  sheet.open = false;
  sheet.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step], [data-copy], [data-close]");
  if (!button) return;
  if (button.dataset.step) step(button, event);
  else if (button.dataset.copy) copy(button);
  else closeSheet();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeSheet();
});

// Buttons that only work with a script show themselves here; copying needs a secure address.
for (const element of document.querySelectorAll("[data-needs-script]")) {
  element.hidden = "copy" in element.dataset && !navigator.clipboard;
}
document.querySelector(".errors")?.focus();
