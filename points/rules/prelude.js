// Runs in each fresh context before the script. What depends on the clock, on chance or on anything outside is gone;
// what loops inside the engine, where the time limit does not reach, takes only as much as it can do at once.
(() => {
  "use strict";
  const MOST = 100000;
  for (const name of [
    "Date", "performance", "queueMicrotask", "Promise", "WeakRef", "FinalizationRegistry", "Atomics", "SharedArrayBuffer",
    "ArrayBuffer", "DataView", "Uint8ClampedArray", "Int8Array", "Uint8Array", "Int16Array", "Uint16Array", "Int32Array",
    "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array", "BigInt", "Iterator",
    "AsyncDisposableStack", "DisposableStack", "eval", "atob", "btoa", "RegExp", "Proxy", "Reflect",
  ]) delete globalThis[name];
  delete Math.random;
  const iterators = [[].values(), new Map().keys(), new Set().keys(), ""[Symbol.iterator]()].map((one) => Object.getPrototypeOf(one));
  const helpers = Object.getPrototypeOf(iterators[0]);
  for (const key of Object.getOwnPropertyNames(helpers)) if (key !== "constructor") delete helpers[key];
  delete helpers.constructor;
  const sized = (value) => {
    if (value !== null && (typeof value === "object" || typeof value === "string") && value.length > MOST) {
      throw new RangeError("too long");
    }
  };
  const { apply } = Function.prototype;
  const call = apply.call.bind(apply);
  const guard = (owner) => {
    for (const key of [...Object.getOwnPropertyNames(owner), ...Object.getOwnPropertySymbols(owner)]) {
      const own = Object.getOwnPropertyDescriptor(owner, key);
      if (key === "constructor" || typeof own.value !== "function") continue;
      const original = own.value;
      const guarded = function (...given) {
        sized(this);
        for (let n = 0; n < given.length; n++) sized(given[n]);
        return call(original, this, given);
      };
      Object.defineProperty(owner, key, { ...own, value: guarded });
    }
  };
  for (const key of ["flat", "flatMap", "copyWithin"]) delete Array.prototype[key];
  for (const key of ["repeat", "padStart", "padEnd", "match", "matchAll", "search", "normalize"]) delete String.prototype[key];
  guard(Array.prototype);
  guard(String.prototype);
  guard(Array);
  delete String.raw;
  for (const made of [function () {}, function* () {}, async function () {}, async function* () {}]) {
    delete Object.getPrototypeOf(made).constructor; // no code out of text
  }
  delete globalThis.Function;
})();
Object.assign(globalThis, { NORMAL: "normal", SILVER: "silver", GOLD: "gold", DIAMOND: "diamond" });
