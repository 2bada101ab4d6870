// Runs in each fresh context before the script. What depends on the clock, on chance or on what runs beside it is gone:
// the same line gives the same points whenever it is reckoned again. So is code made of text, and big integers.
(() => {
  for (const name of [
    "Date", "performance", "queueMicrotask", "Promise", "WeakRef", "FinalizationRegistry", "Atomics", "SharedArrayBuffer",
    "BigInt", "BigInt64Array", "BigUint64Array", "eval",
  ]) delete globalThis[name];
  delete Math.random;
  for (const made of [function () {}, function* () {}, async function () {}, async function* () {}]) {
    delete Object.getPrototypeOf(made).constructor;
  }
  delete globalThis.Function;
})();
Object.assign(globalThis, { NORMAL: "normal", SILVER: "silver", GOLD: "gold", DIAMOND: "diamond" });
