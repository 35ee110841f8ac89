/* Slide the kernel: a picture of a few numbers, the kernel on it, nine products, one
   sum, and the output that fills. */

(function () {
  "use strict";
  const figures = window.fireFigures;
  const { h, number } = figures;

  // Small pictures from 0 (dark) to 9 (light).
  const PICTURES = {
    step: ["0009999", "0009999", "0009999", "0009999", "0009999", "0009999", "0009999"],
    square: ["0000000", "0000000", "0099900", "0099900", "0099900", "0000000", "0000000"],
    flame: ["0001000", "0015000", "0037100", "0168300", "1489610", "1599720", "0268400"],
    diagonal: ["9000000", "0900000", "0090000", "0009000", "0000900", "0000090", "0000009"],
    "zeros and ones": ["00111", "00111", "00111", "00001", "00001"],
  };
  const PACE = 750; // milliseconds from place to place while it plays

  figures.kinds["slide-kernel"] = function (root, settings) {
    const state = {
      picture: PICTURES[settings.picture] ? settings.picture : "step",
      kernel: figures.kernels[settings.kernel || "vertical edges"],
      name: settings.kernel || "vertical edges",
      stride: Number(settings.stride || 1),
      padding: Number(settings.padding || 0),
      dilation: Number(settings.dilation || 1),
      place: 0,
      reached: 0,
    };
    let numbers, size, plan, timer = null;

    const grids = { picture: h("div"), products: h("div"), output: h("div") };
    const heading = (text) => h("p", { class: "fi-head" }, text);
    const outputHead = heading("");
    const pictureHead = heading("");
    const sum = h("output", { class: "fi-sum" });
    const status = h("p", { class: "fi-status", role: "status", "aria-live": "polite" });
    const stage = h("div", {
      class: "fi-stage", tabindex: 0, role: "group",
      "aria-label": "Picture, products and output. Arrow keys move the kernel.",
    },
      h("div", { class: "fi-pane fi-in" }, pictureHead, grids.picture),
      h("div", { class: "fi-pane fi-mid" }, heading("Picture × kernel"), grids.products, sum),
      h("div", { class: "fi-pane fi-out" }, outputHead, grids.output));

    const play = figures.button("play", "Play", toggle, { class: "fi-button fi-main" });
    const back = figures.button("back", "Back", () => step(-1));
    const next = figures.button("step", "Step", () => step(1));
    const again = figures.button("start", "Start", () => go(0, true));
    const controls = h("div", { class: "fi-controls" }, again, back, play, next);

    const weights = figures.kernelField({
      values: state.kernel,
      change: (kernel) => {
        state.kernel = kernel;
        kernels.select.value = "own";
        refresh();
      },
    });
    const kernels = figures.select({
      label: "Kernel",
      value: state.name,
      choices: [
        ...["vertical edges", "horizontal edges", "outline", "sharpen", "blur",
          "leave as is", "move right"].map((name) => [name, name]),
        ["own", "my own numbers"],
      ],
      change: (name) => {
        if (name === "own") return weights.inputs[0].focus();
        state.kernel = figures.kernels[name];
        weights.show(state.kernel);
        refresh();
      },
    });
    const pictures = figures.select({
      label: "Picture",
      value: state.picture,
      choices: Object.keys(PICTURES).map((name) => [name, name]),
      change: (name) => { state.picture = name; refresh(); },
    });
    const whole = (name, min, max) => figures.stepper({
      label: name[0].toUpperCase() + name.slice(1), value: state[name], min, max,
      change: (value) => { state[name] = value; refresh(); },
    }).element;
    root.append(stage, status, controls,
      h("div", { class: "fi-settings" },
        h("div", { class: "fi-group fi-own" }, kernels.element, weights.element),
        h("div", { class: "fi-group fi-fields" },
          pictures.element, whole("stride", 1, 4), whole("padding", 0, 3),
          whole("dilation", 1, 3))));

    function shade(value) {
      const level = Math.round(40 + (value * 215) / 9);
      return `background:rgb(${level},${level},${level});color:${value > 3.5 ? "#000" : "#fff"}`;
    }

    /* Everything anew: a setting has changed. */
    function refresh() {
      pause();
      numbers = PICTURES[state.picture].map((row) =>
        [...row].map(Number));
      plan = null;
      pictureHead.textContent =
        `Picture, ${numbers.length} × ${numbers[0].length}` + (state.padding ? ", padded" : "");
      try {
        plan = figures.places({
          layer: "convolution", n: numbers.length, kernel: 3, stride: state.stride,
          padding: "sides", before: state.padding, after: state.padding,
          dilation: state.dilation, ceil: false,
        });
      } catch (error) {
        drawPicture();
        grids.products.replaceChildren();
        grids.output.replaceChildren();
        sum.textContent = "";
        outputHead.textContent = "No output";
        status.textContent = error.message;
        for (const button of [play, back, next, again]) button.disabled = true;
        return;
      }
      size = plan.size;
      for (const button of [play, again]) button.disabled = false;
      outputHead.textContent = `Output, ${size} × ${size}`;
      state.reached = 0;
      drawPicture();
      drawOutput();
      go(0);
    }

    function drawPicture() {
      const { padding } = state;
      const top = numbers.length === 5 ? 1 : 9;
      const rows = [];
      for (let r = -padding; r < numbers.length + padding; r++) {
        const cells = [];
        for (let c = -padding; c < numbers[0].length + padding; c++) {
          const value = numbers[r]?.[c];
          cells.push(value === undefined
            ? h("td", { class: "fi-pad" }, "0")
            : h("td", { style: shade((value * 9) / top) }, String(value)));
        }
        rows.push(h("tr", {}, cells));
      }
      const across = numbers[0].length + 2 * padding;
      grids.picture.replaceChildren(
        h("table", { class: "fi-grid", style: `--across:${across}` },
          h("caption", { class: "fi-unseen" }, pictureHead.textContent), h("tbody", {}, rows)));
      grids.frame = h("div", { class: "fi-frame", "aria-hidden": "true" });
      grids.picture.className = "fi-framed";
      grids.picture.style.setProperty("--across", across);
      if (plan) grids.picture.append(grids.frame);
    }

    const taps = (place) => figures.place(
      numbers, state.kernel, Math.floor(place / size), place % size, state);

    function drawOutput() {
      grids.values = Array.from({ length: size * size }, (_, i) => figures.sum(taps(i)));
      const largest = Math.max(1e-9, ...grids.values.map(Math.abs));
      const cells = grids.values.map((value, i) => {
        const share = Math.round((45 * Math.abs(value)) / largest);
        const colour = value < 0 ? "var(--fi-minus)" : "var(--fi-accent)";
        return h("td", {
          style: `--tint:color-mix(in srgb, ${colour} ${share}%, var(--fi-paper))`,
          onclick: () => go(i, true),
        });
      });
      const rows = Array.from({ length: size }, (_, r) =>
        h("tr", {}, cells.slice(r * size, (r + 1) * size)));
      grids.cells = cells;
      grids.output.replaceChildren(
        h("table", { class: "fi-grid fi-result", style: `--across:${size}` },
          h("caption", { class: "fi-unseen" }, outputHead.textContent), h("tbody", {}, rows)));
    }

    /* Put the kernel on one place; the output is full up to it, or as far as it was. */
    function go(place, stop) {
      if (stop) pause();
      state.place = Math.max(0, Math.min(size * size - 1, place));
      state.reached = place === 0 && stop ? 0 : Math.max(state.reached, state.place);
      const window = taps(state.place);
      const row = Math.floor(state.place / size);
      const column = state.place % size;

      const body = grids.picture.querySelector("tbody");
      for (const cell of body.querySelectorAll(".fi-tap")) cell.classList.remove("fi-tap");
      for (const tap of window.flat()) {
        body.rows[tap.row + state.padding].cells[tap.column + state.padding]
          .classList.add("fi-tap");
      }
      grids.frame.style.setProperty("--row", row * state.stride);
      grids.frame.style.setProperty("--column", column * state.stride);
      grids.frame.style.setProperty("--reach", plan.reach);

      grids.products.replaceChildren(
        h("table", { class: "fi-products" },
          h("caption", { class: "fi-unseen" }, "Products of picture and kernel"),
          h("tbody", {}, window.map((taps) => h("tr", {}, taps.map((tap) =>
            h("td", { class: tap.value * tap.weight ? "" : "fi-zero" },
              h("small", {}, `${number(tap.value)} × ${short(tap.weight)}`),
              h("b", {}, number(tap.value * tap.weight)))))))));
      const value = grids.values[state.place];
      sum.textContent = `sum ${number(value)}`;
      grids.cells.forEach((cell, i) => {
        const known = i <= state.reached;
        cell.textContent = known ? number(grids.values[i], size > 6 ? 1 : 2) : "";
        cell.classList.toggle("fi-known", known);
        cell.classList.toggle("fi-now", i === state.place);
      });
      back.disabled = state.place === 0;
      next.disabled = state.place === size * size - 1;
      status.textContent =
        `output[${row}, ${column}]: the nine products add up to ${number(value)}.`;
    }

    const short = (weight) => {
      const text = figures.fraction(weight);
      return text.startsWith("−") ? `(${text})` : text;
    };

    function step(by) {
      go(state.place + by, true);
    }

    function toggle() {
      if (timer !== null) return pause();
      if (state.place === size * size - 1) go(0, true);
      // The values are not read aloud one over the other; the last one is.
      status.setAttribute("aria-live", "off");
      play.replaceChildren(figures.icon("pause"), h("span", {}, "Pause"));
      root.classList.add("fi-playing");
      timer = setInterval(() => {
        if (state.place + 1 >= size * size - 1) pause();
        go(state.place + 1);
      }, figures.calm() ? 2 * PACE : PACE);
    }

    function pause() {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      root.classList.remove("fi-playing");
      status.setAttribute("aria-live", "polite");
      play.replaceChildren(figures.icon("play"), h("span", {}, "Play"));
    }

    stage.addEventListener("keydown", (event) => {
      if (!plan || event.ctrlKey || event.metaKey || event.altKey) return;
      const row = Math.floor(state.place / size);
      const to = {
        ArrowRight: state.place + 1, ArrowLeft: state.place - 1,
        ArrowDown: row < size - 1 ? state.place + size : state.place,
        ArrowUp: row > 0 ? state.place - size : state.place,
        Home: 0, End: size * size - 1,
      }[event.key];
      if (to !== undefined) go(to, true);
      else if (event.key === " ") toggle();
      else return;
      event.preventDefault();
    });

    root.values = () => grids.values;
    refresh();
  };
})();
