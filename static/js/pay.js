/* Goes on to pay by itself: posts the form to the bank card gateway, or asks WeChat's browser for its payment window.
   Without it the form still has its button; WeChat's window exists only for scripts. */
(() => {
  "use strict";

  const form = document.querySelector("[data-pay-form]");
  if (form) form.submit();

  const button = document.querySelector("[data-pay-bridge]");
  if (!button) return;

  const parameters = JSON.parse(button.dataset.payBridge);
  const pay = () => window.WeixinJSBridge.invoke("getBrandWCPayRequest", parameters, (answer) => {
    // "ok" is no proof: the page we go to waits for the provider's own word.
    if (answer.err_msg === "get_brand_wcpay_request:ok") location.assign(button.dataset.paidUrl);
  });
  const whenReady = () => {
    if (window.WeixinJSBridge) pay();
    else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
  };
  button.addEventListener("click", whenReady);
  whenReady();
})();
