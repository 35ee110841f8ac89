/* The size calculator: the formula with the numbers in it, the steps to the result,
   one row drawn, and the lines for Keras. */

(function () {
  "use strict";
  const figures = window.fireFigures;
  const { h } = figures;

  const CELL = 24; // drawn units a column
  // More columns than `most` are drawn as `shown`, with a gap in the middle. What is
  // a little too wide for a phone can be moved sideways.
  const WIDE = { most: 30, shown: 30 };
  const NARROW = { most: 22, shown: 12 };
  const FIRST = 6; // places drawn from the start where there are many, and from the end
  const LAST = 3;

  figures.kinds["size-calculator"] = function (root, settings) {
    const start = {
      layer: "convolution", n: 10, kernel: 3, stride: 2, padding: "valid", before: 1,
      after: 1, dilation: 1, ceil: false, output_padding: null,
    };
    const state = { ...start };
    for (const [name, value] of Object.entries(settings)) {
      if (name === "ceil") state.ceil = value === "true";
      else state[name] = /^\d+$/.test(value) ? Number(value) : value;
    }

    const change = (name) => (value) => { state[name] = value; refresh(); };
    const whole = (name, label, min, max) => figures.stepper({
      label, value: state[name] ?? 0, min, max, change: change(name),
    }).element;
    const layers = ["convolution", "pooling", "transposed"].map((layer) =>
      figures.button(null, layer[0].toUpperCase() + layer.slice(1),
        () => { state.layer = layer; refresh(); }));
    const padding = figures.select({
      label: "Padding", value: state.padding, change: change("padding"),
      choices: [["valid", "valid: none"], ["same", "same"], ["causal", "causal: all before"],
        ["sides", "in numbers"]],
    });
    const before = whole("before", "Before", 0, 64);
    const after = whole("after", "After", 0, 64);
    const ceil = h("input", { type: "checkbox" });
    ceil.checked = state.ceil;
    ceil.addEventListener("change", () => change("ceil")(ceil.checked));
    const ceiling = h("label", { class: "fi-check" }, ceil, "round up (ceil)");
    const extra = figures.select({
      label: "Output padding",
      value: String(state.output_padding),
      choices: [["null", "as Keras"], ...[0, 1, 2, 3].map((n) => [String(n), String(n)])],
      change: (value) => change("output_padding")(value === "null" ? null : Number(value)),
    }).element;

    const result = h("output", { class: "fi-result-size" });
    const formula = h("div", { class: "fi-formula" });
    const steps = h("ol", { class: "fi-steps" });
    const drawing = h("div", {
      class: "fi-row", tabindex: 0, role: "group", "aria-label": "One row, drawn",
    });
    const legend = h("p", { class: "fi-key" });
    const code = h("code");
    const notes = h("p", { class: "fi-note" });
    const copied = h("span", { class: "fi-unseen", role: "status" });
    const copy = figures.button("copy", "Copy", copyLines);
    const status = h("p", { class: "fi-unseen", role: "status" });

    root.append(
      h("div", { class: "fi-layers", role: "group", "aria-label": "Layer" }, layers),
      h("div", { class: "fi-group fi-fields" },
        whole("n", "Input n", 1, 4096), whole("kernel", "Kernel f", 1, 64),
        whole("stride", "Stride s", 1, 64), whole("dilation", "Dilation d", 1, 32),
        padding.element, before, after, extra, ceiling),
      h("div", { class: "fi-answer" }, result, formula),
      drawing, legend,
      h("details", { class: "fi-details", open: true },
        h("summary", {}, "Step by step"), steps),
      h("div", { class: "fi-code" },
        h("div", {}, h("span", { class: "fi-legend" }, "For Keras"), h("pre", {}, code)),
        copy, copied),
      notes, status);

    function refresh() {
      const { layer } = state;
      layers.forEach((button, i) => button.setAttribute("aria-pressed",
        String(["convolution", "pooling", "transposed"][i] === layer)));
      for (const element of [before, after]) element.hidden = state.padding !== "sides";
      padding.select.querySelector("[value=causal]").disabled = layer !== "convolution";
      if (layer !== "convolution" && state.padding === "causal") {
        state.padding = padding.select.value = "valid";
      }
      extra.hidden = layer !== "transposed";
      ceiling.hidden = layer === "transposed" || ["same", "causal"].includes(state.padding);
      let plan;
      try {
        plan = figures.places(state);
      } catch (error) {
        root.classList.add("fi-impossible");
        result.textContent = "no output";
        formula.replaceChildren(error.message);
        status.textContent = error.message;
        for (const part of [steps, drawing, legend]) part.replaceChildren();
        code.textContent = notes.textContent = "";
        copy.disabled = true;
        return;
      }
      root.classList.remove("fi-impossible");
      copy.disabled = false;
      result.textContent = `${state.n} → ${plan.size}`;
      formula.replaceChildren(...(layer === "transposed" ? grown(plan) : slid(plan)));
      steps.replaceChildren(...words(plan).map((text) => h("li", {}, text)));
      draw(plan);
      const keras = figures.kerasLine(state);
      copy.disabled = !keras.lines.length;
      code.textContent = keras.lines.join("\n") || "none";
      notes.textContent = keras.notes.join(" ");
      status.textContent = `${state.n} gives ${plan.size}. ` + lost(plan);
    }

    const columns = (n) => `${n} ${n === 1 ? "column" : "columns"}`;

    function lost(plan) {
      const { ignored } = plan;
      if (!ignored.length) {
        return state.layer === "transposed"
          ? "Every column of the output gets something."
          : "Every column of the input is seen.";
      }
      const some = ignored.slice(0, 6).join(", ");
      const which = ignored.length > 6
        ? `${ignored.length} columns (${some} …)`
        : `${ignored.length === 1 ? "column" : "columns"} ${some}`;
      return state.layer === "transposed"
        ? `Nothing reaches ${which} of the output.`
        : `No place sees ${which} of the input.`;
    }

    /* The formula twice: with letters, and with the numbers. */
    const fraction = (above, below) => h("span", { class: "fi-fraction" },
      h("span", {}, above), h("span", { class: "fi-over" }, "/"), h("span", {}, below));
    const line = (...parts) => h("span", { class: "fi-line" }, parts);

    function slid(plan) {
      const { n, stride, dilation, kernel } = state;
      if (plan.fixed) {
        return [
          line("⌈", fraction("n", "s"), "⌉"),
          line("= ⌈", fraction(n, stride), `⌉ = ${plan.size}`),
        ];
      }
      const [open, close] = state.ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
      const p = plan.before + plan.after;
      const minus = plan.dropped ? " − 1" : "";
      return [
        line(`1 + ${open}`, fraction("n + p − d(f − 1) − 1", "s"), close + minus),
        line(`= 1 + ${open}`,
          fraction(`${n} + ${p} − ${dilation}·${kernel - 1} − 1`, stride),
          `${close}${minus} = ${plan.size}`),
      ];
    }

    function grown(plan) {
      const { n, stride, kernel, dilation } = state;
      if (state.padding === "same" && plan.extra === null) {
        return [line("n · s"), line(`= ${n} · ${stride} = ${plan.size}`)];
      }
      const cut = plan.cut < 0 ? ` + ${-plan.cut}` : ` − ${plan.cut}`;
      return [
        line("(n − 1) · s + d(f − 1) + 1 − cut"),
        line(`= ${n - 1} · ${stride} + ${dilation}·${kernel - 1} + 1${cut} = ${plan.size}`),
      ];
    }

    function words(plan) {
      const { n, kernel, stride, dilation } = state;
      const list = [];
      list.push(dilation > 1
        ? `${kernel} points, ${dilation} apart: the kernel reaches over ` +
          `${dilation} · ${kernel - 1} + 1 = ${columns(plan.reach)}.`
        : `The kernel reaches over ${columns(kernel)}.`);
      if (state.layer === "transposed") {
        list.push(`Each of the ${n} numbers is spread over ${plan.reach}, ${stride} apart: ` +
          `${n - 1} · ${stride} + ${plan.reach} = ${columns(plan.full)}.`);
        if (plan.cut > 0) list.push(`${plan.cut} of them are cut off: ${plan.size} are left.`);
        if (plan.cut < 0) list.push(`${columns(-plan.cut)} more at the end: ${plan.size}.`);
        list.push(lost(plan));
        return list;
      }
      const total = n + plan.before + plan.after;
      if (plan.before + plan.after) {
        list.push(`Padding: ${plan.before} before and ${plan.after} after, so ` +
          `${n} + ${plan.before + plan.after} = ${columns(total)}.`);
      }
      if (plan.room >= 0) {
        const fit = Math.floor(plan.room / stride);
        const over = plan.room - fit * stride;
        list.push(`The first place takes ${plan.reach} of ${total}: ` +
          `${columns(plan.room)} are left to move over.`);
        list.push(`A step of ${stride} fits in ${fit === 1 ? "once" : `${fit} times`}` +
          (over ? `; ${over} ${over === 1 ? "is" : "are"} left over.` : "."));
      }
      if (plan.hangs) {
        list.push(`Rounded up: a last place hangs ${columns(plan.hangs)} over the end.`);
      } else if (plan.dropped) {
        list.push("Rounding up would add a place that sees padding only: it is left out.");
      }
      list.push(`So there ${plan.size === 1 ? "is 1 place" : `are ${plan.size} places`}. ` + lost(plan));
      return list;
    }

    /* One row of the picture, its columns counted from 0 as in Python, and below it
       every place of the kernel. */
    function draw(plan) {
      const back = state.layer === "transposed";
      const length = back ? plan.size : state.n;
      const ends = [...plan.starts.slice(0, 1), ...plan.starts.slice(-1)];
      const first = Math.min(0, back ? 0 : -plan.before, ...ends);
      const last = Math.max(
        length - 1, back ? 0 : length - 1 + plan.after, ends[ends.length - 1] + plan.reach - 1);
      const count = last - first + 1;
      const fit = root.clientWidth < 480 ? NARROW : WIDE;
      const gap = count > fit.most;
      const half = fit.shown / 2 - 1;
      const hidden = (at) => gap && at - first >= half && last - at >= half;
      const x = (at) => {
        if (!gap || at - first < half) return (at - first) * CELL;
        if (last - at < half) return (fit.shown - 1 - (last - at)) * CELL;
        return (half + 0.5) * CELL; // in the gap
      };
      const shown = gap ? fit.shown : count;
      const lost = new Set(plan.ignored);
      const parts = [];
      const word = (at, y, text, kind) =>
        h("text", { x: at, y, class: kind, "text-anchor": "middle" }, text);
      for (let at = first; at <= last; at++) {
        if (hidden(at)) continue;
        const inside = at >= 0 && at < length;
        const kind = !inside ? "fi-c-pad" : lost.has(at) ? "fi-c-lost" : "fi-c-in";
        parts.push(h("rect", {
          x: x(at) + 1, y: 1, width: CELL - 2, height: CELL + 4, rx: 3, class: kind,
        }));
        if (kind === "fi-c-lost") {
          parts.push(h("path", { class: "fi-cross",
            d: `M${x(at) + 4} ${CELL + 1}L${x(at) + CELL - 4} 5` }));
        }
        const text = inside ? String(at) : back ? "" : "0";
        parts.push(word(x(at) + CELL / 2, CELL / 2 + 7, text,
          `${kind}-text${text.length > 2 ? " fi-small" : ""}`));
      }
      if (gap) parts.push(word((half + 1) * CELL, CELL / 2 + 7, "…", "fi-c-in-text"));

      const many = plan.starts.length > FIRST + LAST + 1;
      const points = Array.from({ length: state.kernel }, (_, k) => k * state.dilation);
      const drawn = plan.starts.map((_, i) => i)
        .filter((i) => !many || i < FIRST || i >= plan.starts.length - LAST)
        .filter((i) => !gap || points.some((k) => !hidden(plan.starts[i] + k)));
      let y = CELL + 16;
      drawn.forEach((place, order) => {
        if (order && place > drawn[order - 1] + 1) {
          parts.push(word((shown * CELL) / 2, y + 11, "⋮", "fi-c-in-text"));
          y += 24;
        }
        const from = plan.starts[place];
        const to = from + plan.reach - 1;
        parts.push(h("rect", {
          x: x(from) + 2, y: y + 5, width: x(to) + CELL - x(from) - 4, height: 6, rx: 3,
          class: "fi-c-reach",
        }));
        for (const point of points) {
          const at = from + point;
          if (at < first || at > last || hidden(at)) continue;
          parts.push(h("rect", {
            x: x(at) + 3, y, width: CELL - 6, height: 16, rx: 3, class: "fi-c-tap",
          }));
        }
        parts.push(h("text", { x: x(to) + CELL + 6, y: y + 13, class: "fi-c-in-text" },
          back ? `← ${place}` : `→ ${place}`));
        y += 22;
      });
      const across = (shown + 2) * CELL + 24;
      drawing.replaceChildren(h("svg", {
        viewBox: `0 0 ${across} ${y + 2}`, role: "img", "aria-label": label(plan),
        style: `min-width:${Math.round(across * 0.8)}px;max-width:${Math.round(across * 1.6)}px`,
      }, parts));
      const entry = (kind, text) => h("span", {}, h("i", { class: kind }), text);
      legend.replaceChildren(...[
        entry("fi-k-in", back ? "output" : "input"),
        first < 0 || last >= length ? entry("fi-k-pad", back ? "cut off" : "padding") : null,
        entry("fi-k-tap", back ? "← the number it comes from" : "kernel → place in the output"),
        lost.size ? entry("fi-k-lost", back ? "reached by nothing" : "ignored") : null,
      ].filter(Boolean));
    }

    const label = (plan) => state.layer === "transposed"
      ? `A row of ${plan.size} columns, and what each of ${state.n} numbers reaches. ${lost(plan)}`
      : `A row of ${state.n} columns with ${plan.before} of padding before and ` +
        `${plan.after} after, and ${plan.size} places of the kernel. ${lost(plan)}`;

    async function copyLines() {
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        // Not allowed (as on some phones): mark the lines, to be copied by hand.
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        copied.textContent = "Selected";
        return;
      }
      copied.textContent = "Copied";
      copy.lastChild.textContent = "Copied";
      setTimeout(() => { copy.lastChild.textContent = "Copy"; }, 1500);
    }

    refresh();
    let width = root.clientWidth;
    new ResizeObserver(() => {
      if (root.clientWidth < 480 !== width < 480) refresh();
      width = root.clientWidth;
    }).observe(root);
  };
})();
