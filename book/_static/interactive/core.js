/* What the interactive figures share: making elements, fields, and starting.

   Classic scripts, not ES modules: a page opened from the disk may load no module.
   Each is wrapped in a function, so that only `fireFigures` is seen by others. */

(function () {
  "use strict";

  const figures = (window.fireFigures = { kinds: {} });
  let serial = 0;

  /* h("button", {class: "x", onclick: f}, "text", child): an element. */
  figures.h = function (tag, attributes, ...children) {
    const svg = ["svg", "g", "rect", "line", "path", "circle", "text", "title"];
    const element = svg.includes(tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === false || value === null || value === undefined) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null));
    return element;
  };
  const h = figures.h;

  figures.id = (stem) => `fi-${stem}-${++serial}`;

  /* A number as it is read: a true minus, at most two decimals. */
  figures.number = function (value, digits = 2) {
    const scale = 10 ** digits;
    const rounded = Math.round(value * scale) / scale + 0; // + 0: never "-0"
    return String(rounded).replace("-", "−");
  };

  /* "-1", "−1", "0.5", "0,5" and "1/9" are numbers; what is none gives NaN. */
  figures.parse = function (text) {
    const parts = text.trim().replace(/−/g, "-").replace(/,/g, ".").split("/");
    const plain = /^[+-]?(\d+\.?\d*|\.\d+)$/;
    if (parts.length > 2 || !parts.every((part) => plain.test(part.trim()))) return NaN;
    const value = parts.map(Number).reduce((a, b) => a / b);
    return Number.isFinite(value) && Math.abs(value) <= 9999 ? value : NaN;
  };

  const icons = {
    start: "M5 4h2.5v16H5zM20 4v16L8.5 12z",
    back: "M16 4v16L5 12z",
    play: "M6 3.5v17L20 12z",
    pause: "M6 4h4.5v16H6zM13.5 4H18v16h-4.5z",
    step: "M5 4l9.5 8L5 20zM16.5 4H19v16h-2.5z",
    copy: "M8 3h11v14h-3v4H5V7h3zm2 4h6v8h1V5h-7zM7 9v10h7V9z",
    turn: "M12 5a7 7 0 1 1-6.7 5h2.1A5 5 0 1 0 12 7v3L6.5 6 12 2z",
  };
  figures.icon = (name) =>
    h("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "fi-icon" },
      h("path", { d: icons[name] }));

  figures.button = (name, text, press, more) =>
    h("button", { type: "button", class: "fi-button", onclick: press, ...more },
      name ? figures.icon(name) : null, h("span", {}, text));

  /* A whole number with a button on each side, large enough for a thumb. */
  figures.stepper = function ({ label, value, min, max, change }) {
    const id = figures.id("field");
    const input = h("input", {
      id, type: "number", inputmode: "numeric", min, max, step: 1, value,
      class: "fi-number",
    });
    let last = value;
    const less = h("button", { type: "button", "aria-label": `${label}: one less` }, "−");
    const more = h("button", { type: "button", "aria-label": `${label}: one more` }, "+");
    function show(number) {
      last = number;
      input.value = number;
      less.disabled = number <= min;
      more.disabled = number >= max;
    }
    function set(number) {
      show(Math.min(max, Math.max(min, number)));
      change(last);
    }
    less.addEventListener("click", () => set(last - 1));
    more.addEventListener("click", () => set(last + 1));
    input.addEventListener("input", () => {
      const number = Number(input.value);
      if (input.value !== "" && Number.isInteger(number) && number >= min && number <= max) {
        last = number;
        less.disabled = number <= min;
        more.disabled = number >= max;
        change(number);
      }
    });
    // What is no such number is put right only when the reader has finished.
    input.addEventListener("change", () => {
      const number = Math.round(Number(input.value));
      if (input.value === "" || !Number.isFinite(number)) show(last);
      else if (number !== last) set(number);
      else show(last);
    });
    show(value);
    const element = h("div", { class: "fi-field" },
      h("label", { for: id }, label),
      h("div", { class: "fi-stepper" }, less, input, more));
    return { element, input, show };
  };

  /* One of several: a list that the browser itself shows, best on a phone. */
  figures.select = function ({ label, value, choices, change }) {
    const id = figures.id("field");
    const select = h("select", { id, class: "fi-select" },
      choices.map(([key, text]) =>
        h("option", { value: key, selected: key === value }, text)));
    select.addEventListener("change", () => change(select.value));
    const element = h("div", { class: "fi-field" }, h("label", { for: id }, label), select);
    return { element, select };
  };

  /* A kernel of three by three numbers to type into. */
  figures.kernelField = function ({ values, change }) {
    const inputs = values.flat().map((value, index) => {
      const where = `Kernel, row ${Math.floor(index / 3) + 1}, column ${(index % 3) + 1}`;
      const input = h("input", {
        type: "text", autocomplete: "off", spellcheck: "false", "aria-label": where,
        class: "fi-weight",
      });
      input.addEventListener("input", read);
      input.addEventListener("focus", () => input.select());
      input.addEventListener("keydown", (event) => {
        const by = { ArrowUp: -3, ArrowDown: 3 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        const next = inputs[index + by];
        if (next) next.focus();
      });
      return input;
    });
    function read() {
      const numbers = inputs.map((input) => figures.parse(input.value));
      inputs.forEach((input, i) =>
        input.toggleAttribute("aria-invalid", Number.isNaN(numbers[i])));
      inputs.forEach((input, i) => {
        if (Number.isNaN(numbers[i])) input.setAttribute("aria-invalid", "true");
      });
      if (!numbers.some(Number.isNaN)) change([0, 3, 6].map((r) => numbers.slice(r, r + 3)));
    }
    function show(kernel) {
      kernel.flat().forEach((value, i) => {
        inputs[i].value = figures.fraction(value);
        inputs[i].removeAttribute("aria-invalid");
      });
    }
    show(values);
    const element = h("div", { class: "fi-weights", role: "group", "aria-label": "Numbers of the kernel" },
      inputs);
    return { element, inputs, show };
  };

  /* A ninth is written 1/9: 0.11 would be another number. */
  figures.fraction = function (value) {
    if (Number.isInteger(value)) return figures.number(value);
    for (const below of [9, 16]) {
      const above = value * below;
      if (Math.abs(above - Math.round(above)) < 1e-9 && value * 4 % 1 !== 0)
        return `${figures.number(Math.round(above))}/${below}`;
    }
    return figures.number(value, 4);
  };

  figures.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function start() {
    for (const root of document.querySelectorAll(".fi[data-figure]")) {
      const draw = figures.kinds[root.dataset.figure];
      if (!draw || root.classList.contains("fi-ready")) continue;
      draw(root, JSON.parse(root.dataset.settings || "{}"));
      // The words are now for those who do not see the figure.
      root.classList.add("fi-ready");
    }
  }
  // Deferred scripts have all run when this event comes.
  document.addEventListener("DOMContentLoaded", start);
})();
