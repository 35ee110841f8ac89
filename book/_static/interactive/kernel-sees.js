/* What a kernel sees: a photo, a kernel of three by three, and what comes out. */

(function () {
  "use strict";
  const figures = window.fireFigures;
  const { h, number } = figures;

  figures.kinds["kernel-sees"] = function (root, settings) {
    const images = [...root.querySelectorAll(".fi-photo")];
    const state = {
      photo: images[0], name: settings.kernel || "vertical edges",
      kernel: figures.kernels[settings.kernel || "vertical edges"],
      show: settings.show || "auto", x: null, y: null,
    };
    let width, height, grey, values;

    const canvas = (label) => h("canvas", { role: "img", "aria-label": label });
    const photo = canvas("");
    const seen = canvas("");
    const mark = () => h("div", { class: "fi-mark", "aria-hidden": "true" });
    const marks = [mark(), mark()];
    const scale = h("p", { class: "fi-scale" });
    const status = h("p", { class: "fi-status", role: "status", "aria-live": "polite" });
    const zoom = h("div", { class: "fi-zoom" });
    const stage = h("div", {
      class: "fi-pair", tabindex: 0, role: "group",
      "aria-label": "Photo and result. Arrow keys move the place that is looked at.",
    },
      h("div", {}, h("p", { class: "fi-head" }, "Photo"), h("div", { class: "fi-framed" }, photo, marks[0])),
      h("div", {}, h("p", { class: "fi-head" }, "Output"),
        h("div", { class: "fi-framed" }, seen, marks[1])));

    const weights = figures.kernelField({
      values: state.kernel,
      change: (kernel) => { state.kernel = kernel; state.name = "own"; refresh(); },
    });
    const chips = Object.keys(figures.kernels)
      .filter((name) => name !== "move right")
      .map((name) => figures.button(null, name, () => {
        state.name = name;
        state.kernel = figures.kernels[name];
        weights.show(state.kernel);
        refresh();
      }));
    const turn = figures.button("turn", "Turn by 180°", () => {
      state.kernel = figures.turned(state.kernel);
      state.name = "own";
      weights.show(state.kernel);
      refresh();
    });
    const photos = figures.select({
      label: "Photo", value: images[0].dataset.photo,
      choices: images.map((image) => [image.dataset.photo, image.dataset.label]),
      change: (name) => {
        state.photo = images.find((image) => image.dataset.photo === name);
        load();
      },
    });
    const shows = figures.select({
      label: "Draw the result", value: state.show,
      choices: [["auto", "as fits the kernel"], ["photo", "as a photo, 0 to 255"],
        ["signed", "zero is grey"], ["size", "size without sign"]],
      change: (show) => { state.show = show; paint(); },
    });
    root.append(
      stage, scale,
      h("div", { class: "fi-chips", role: "group", "aria-label": "Kernels" }, chips),
      h("div", { class: "fi-probe" }, zoom, status),
      h("div", { class: "fi-settings" },
        h("div", { class: "fi-group" },
          h("div", {}, h("span", { class: "fi-legend" }, "Kernel"), weights.element), turn),
        h("div", { class: "fi-group fi-fields fi-two" }, photos.element, shows.element)));

    /* The numbers of the photo, out of the picture that is part of the page. */
    async function load() {
      const image = state.photo;
      await image.decode();
      width = image.naturalWidth;
      height = image.naturalHeight;
      for (const one of [photo, seen]) Object.assign(one, { width, height });
      const context = photo.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const pixels = context.getImageData(0, 0, width, height).data;
      grey = Float64Array.from({ length: width * height }, (_, i) => pixels[4 * i]);
      photo.setAttribute("aria-label", image.alt);
      if (state.x === null) seek();
      refresh();
      root.dataset.photo = image.dataset.photo;
    }

    /* Begin where the kernel answers most, not somewhere on a flat part. */
    function seek() {
      const answers = figures.correlatePhoto(grey, width, height, state.kernel);
      let best = -1;
      for (let y = height >> 2; y < height - (height >> 2); y++) {
        for (let x = width >> 2; x < width - (width >> 2); x++) {
          const answer = Math.abs(answers[y * width + x]);
          if (answer > best) [best, state.x, state.y] = [answer, x, y];
        }
      }
    }

    function refresh() {
      values = figures.correlatePhoto(grey, width, height, state.kernel);
      chips.forEach((chip) =>
        chip.setAttribute("aria-pressed", String(chip.textContent === state.name)));
      paint();
      look();
    }

    /* A kernel that adds up to about 1 gives a photo again; one that adds up to 0
       gives nothing on flat parts, so zero is drawn as the middle grey. */
    function paint() {
      const total = state.kernel.flat().reduce((a, b) => a + b, 0);
      const how = state.show !== "auto" ? state.show
        : Math.abs(total) > 0.5 ? "photo" : "signed";
      // The largest one per thousand may be cut, or one bright spot would leave the
      // rest grey.
      const sizes = values.map(Math.abs).sort();
      const most = Math.max(1e-9, sizes[Math.floor(0.995 * (sizes.length - 1))]);
      const level = {
        photo: (v) => v,
        signed: (v) => 127.5 + (127.5 * v) / most,
        size: (v) => (255 * Math.abs(v)) / most,
      }[how];
      const context = seen.getContext("2d");
      const pixels = context.createImageData(width, height);
      for (let i = 0; i < values.length; i++) {
        const grey = level(values[i]);
        pixels.data.set([grey, grey, grey, 255], 4 * i);
      }
      context.putImageData(pixels, 0, 0);
      const round = Math.round(most);
      const ends = {
        photo: ["0", "255"],
        signed: [`−${round}`, "0", String(round)],
        size: ["0", `±${round}`],
      }[how];
      scale.replaceChildren(
        h("span", { class: "fi-ramp", "aria-hidden": "true" }),
        h("span", { class: "fi-ends" }, ends.map((text) => h("span", {}, text))));
      seen.setAttribute("aria-label",
        `The photo after the kernel ${state.name === "own" ? "with your numbers" : state.name}. ` +
        `Black stands for ${ends[0]}, white for ${ends[ends.length - 1]}, and beyond.`);
    }

    /* One place under the magnifying glass: nine numbers, nine products, one sum. */
    function look() {
      const { x, y } = state;
      const at = (r, c) => grey[
        Math.min(height - 1, Math.max(0, r)) * width + Math.min(width - 1, Math.max(0, c))];
      const rows = state.kernel.map((row, i) => h("tr", {}, row.map((weight, j) => {
        const value = at(y + i - 1, x + j - 1);
        const text = figures.fraction(weight);
        return h("td", { style:
            `background:rgb(${value},${value},${value});color:${value > 125 ? "#000" : "#fff"}` },
          h("b", {}, String(value)),
          h("small", {}, `× ${text.startsWith("−") ? `(${text})` : text}`));
      })));
      zoom.replaceChildren(h("table", {},
        h("caption", { class: "fi-unseen" }, "Grey levels and the kernel's numbers"),
        h("tbody", {}, rows)));
      const value = values[y * width + x];
      status.replaceChildren(`photo[${y}, ${x}]: the nine products add up to `,
         h("strong", {}, number(value)), ".");
      for (const one of marks) {
        one.style.left = `${(100 * (x + 0.5)) / width}%`;
        one.style.top = `${(100 * (y + 0.5)) / height}%`;
      }
    }

    function move(x, y) {
      state.x = Math.max(0, Math.min(width - 1, x));
      state.y = Math.max(0, Math.min(height - 1, y));
      look();
    }

    for (const one of [photo, seen]) {
      const point = (event) => {
        const box = one.getBoundingClientRect();
        move(Math.floor(((event.clientX - box.left) / box.width) * width),
          Math.floor(((event.clientY - box.top) / box.height) * height));
      };
      one.addEventListener("pointerdown", (event) => {
        point(event);
        if (event.pointerType === "mouse") one.setPointerCapture(event.pointerId);
      });
      one.addEventListener("pointermove", (event) => { if (event.buttons) point(event); });
    }
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const far = event.shiftKey ? 10 : 1;
      const by = {
        ArrowRight: [far, 0], ArrowLeft: [-far, 0], ArrowDown: [0, far], ArrowUp: [0, -far],
      }[event.key];
      if (!by) return;
      event.preventDefault();
      move(state.x + by[0], state.y + by[1]);
    });

    root.values = () => ({ width, height, grey, values, x: state.x, y: state.y });
    load();
  };
})();
