// Runs in each fresh context before the script, and gives the function that runs a line of it.
//
// What depends on the clock, on chance or on what runs beside it is gone: the same line gives the same points whenever it
// is reckoned again. So is code made of text, and big integers.
//
// No line finds what another left. A script is a function whose body is the source: it runs anew for each line, with
// variables of its own. All that lives longer cannot be changed, but for names that are added to the global object (a
// variable that nobody declared): those are taken away again after each line.
(() => {
  for (const name of [
    "Date", "performance", "queueMicrotask", "Promise", "WeakRef", "FinalizationRegistry", "Atomics", "SharedArrayBuffer",
    "BigInt", "BigInt64Array", "BigUint64Array", "eval",
  ]) delete globalThis[name];
  delete Math.random;
  delete Error.stackTraceLimit;
  delete Error.prepareStackTrace;
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const functions = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const made of functions) delete Object.getPrototypeOf(made).constructor;
  delete globalThis.Function;
  Object.assign(globalThis, { NORMAL: "normal", SILVER: "silver", GOLD: "gold", DIAMOND: "diamond" });

  const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, isExtensible } = Object;
  const { deleteProperty, ownKeys } = Reflect;
  const globals = ownKeys(globalThis).map((key) => globalThis[key]);

  // Whatever a script can reach, by a name or, what only syntax or a call can reach, by an example of it.
  const reached = new Set([
    ...globals, getPrototypeOf(globalThis), ...functions, ...functions.map((made) => made()),
    (function () { "use strict"; return arguments; })(), "".matchAll(/x/g), ""[Symbol.iterator](), [].values(),
    new Map().values(), new Set().values(), [].values().map((one) => one), Iterator.from({ next() {} }),
  ].filter(isObject));

  // Objects may have properties of their own that a frozen prototype has too: {}.toString = ..., error.name = ...
  const errors = globals.filter((value) => value?.prototype instanceof Error).map((made) => made.prototype);
  for (const prototype of [Object.prototype, Error.prototype, ...errors]) {
    for (const key of ownKeys(prototype)) {
      const { value, writable } = getOwnPropertyDescriptor(prototype, key);
      if (!writable) continue;
      if (isObject(value)) reached.add(value);
      defineProperty(prototype, key, {
        get: () => value,
        set(own) {
          if (this !== prototype) {
            defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
          }
        },
      });
    }
  }

  reached.delete(globalThis);
  for (const object of reached) {  // the set grows while it is walked
    const described = ownKeys(object).map((key) => getOwnPropertyDescriptor(object, key));
    const next = [getPrototypeOf(object), ...described.flatMap(({ value, get, set }) => [value, get, set])];
    for (const value of next) if (isObject(value) && value !== globalThis) reached.add(value);
    freeze(object);
  }
  const known = new Set(ownKeys(globalThis));
  for (const key of known) defineProperty(globalThis, key, { writable: false, configurable: false });

  const above = getPrototypeOf(globalThis);
  const isAsBefore = () => ownKeys(globalThis).length === known.size; // none of them can be taken away
  const clean = () => {
    for (const key of ownKeys(globalThis)) if (!known.has(key)) deleteProperty(globalThis, key);
    return isAsBefore();
  };
  const isClean = () => (isAsBefore() || clean()) && isExtensible(globalThis) && getPrototypeOf(globalThis) === above;

  // ``body`` gives the function that the source defines. A line gives null where the context cannot be cleaned any more.
  return (body) => (tier, yuan, isImported, points, category, multiplier) =>
    isClean() ? body()(tier, yuan, isImported, { points, category, multiplier }) : null;
})();
