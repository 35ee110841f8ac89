/* Sizes of layers along one axis: the rules of fire_course.shapes.

   Options: {layer: "convolution" | "pooling" | "transposed", n, kernel, stride,
   padding: "valid" | "same" | "causal" | "sides", before, after, dilation, ceil,
   output_padding (a number, or null for "as Keras does")}. What cannot be throws an
   Error with a sentence that says what to change. */

(function () {
  "use strict";
  const figures = window.fireFigures;
  const up = (a, b) => -Math.floor(-a / b);

  figures.reach = (kernel, dilation) => dilation * (kernel - 1) + 1;

  /* (before, after) of padding "same": an odd one goes after. */
  figures.samePadding = function (n, kernel, stride, dilation) {
    const reach = figures.reach(kernel, dilation);
    const total = Math.max(0, (up(n, stride) - 1) * stride + reach - n);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  };

  function sides({ n, kernel, stride, dilation, padding, before, after }) {
    if (padding === "same") return figures.samePadding(n, kernel, stride, dilation);
    if (padding === "causal") return [dilation * (kernel - 1), 0];
    return padding === "sides" ? [before, after] : [0, 0];
  }

  /* The places of a window: {size, before, after, reach, room, starts, ignored}.
     `starts` and `ignored` count from the first number of the input, so a place may
     start at -1. `room` is what the window can move by; `hangs`, how far the last
     place stands over the end, which only `ceil` lets it do. */
  function slide(options) {
    const { layer, n, kernel, stride, padding, dilation, ceil } = options;
    const reach = figures.reach(kernel, dilation);
    const [before, after] = sides(options);
    if (layer === "pooling" && padding === "causal") {
      throw new Error("A pooling has no causal padding: take valid or same.");
    }
    const most = Math.max(before, after);
    if (layer === "pooling" && padding === "sides" && 2 * most > reach) {
      throw new Error(
        `A pooling of ${kernel} with ${most} of padding on a side would look at ` +
        `padding only: pad by at most ${Math.floor(reach / 2)}.`);
    }
    const room = n + before + after - reach;
    // "same" and "causal" pad for as many places as steps fit: nothing to round.
    const fixed = padding === "same" || padding === "causal";
    const spare = ceil && !fixed ? stride - 1 : 0;
    if (!fixed && room + spare < 0) {
      const dilated = dilation > 1 ? ` (reaching over ${reach} with dilation ${dilation})` : "";
      const padded = before + after ? ` and ${before + after} of padding` : "";
      throw new Error(
        `A kernel of ${kernel}${dilated} does not fit into ${n}${padded}: ` +
        `take a smaller kernel, or pad by ${-room} more.`);
    }
    let size = fixed ? up(n, stride) : Math.floor(room / stride) + 1;
    // A window that would begin behind the input would see padding only.
    const rounds = spare > 0 && room % stride !== 0;
    const dropped = rounds && size * stride >= n + before;
    if (rounds && !dropped) size += 1;
    const hangs = fixed ? 0 : Math.max(0, (size - 1) * stride - room);
    const seen = new Uint8Array(n);
    const starts = Array.from({ length: size }, (_, i) => i * stride - before);
    for (const first of starts) {
      for (let k = 0; k < kernel; k++) {
        const at = first + k * dilation;
        if (at >= 0 && at < n) seen[at] = 1;
      }
    }
    const ignored = [];
    seen.forEach((is, i) => is || ignored.push(i));
    return { size, before, after, reach, room, starts, ignored, hangs, fixed, dropped };
  }

  /* The way back up: each of n numbers is spread by the kernel over the output.
     `starts` count from the first number of the output; what stands before it or
     behind its end is cut off. `ignored`: the output's columns that nothing reaches;
     `unused`: the numbers of which nothing is left. */
  function spread(options) {
    const { n, kernel, stride, padding, dilation } = options;
    const reach = figures.reach(kernel, dilation);
    const full = (n - 1) * stride + reach;
    let extra = options.output_padding ?? null;
    if (padding === "causal") {
      throw new Error("A transposed convolution has no causal padding: take valid or same.");
    }
    const most = Math.max(stride, dilation) - 1;
    if (extra !== null && extra > most) {
      throw new Error(
        `output_padding ${extra} is no less than the stride ${stride}: take at most ${most}.`);
    }
    let size, before;
    if (padding === "same") {
      size = extra === null ? n * stride : (n - 1) * stride + (reach % 2) + extra;
      before = Math.floor(Math.max(0, full - size) / 2);
    } else if (padding === "valid") {
      if (extra === null) extra = Math.max(stride - reach, 0);
      size = full + extra;
      before = 0;
    } else {
      size = full + (extra ?? 0) - options.before - options.after;
      before = options.before;
    }
    if (size < 1) {
      throw new Error(
        `Nothing is left of ${n} places after cutting ${options.before} and ` +
        `${options.after} off: take less padding.`);
    }
    const reached = new Uint8Array(size);
    const starts = Array.from({ length: n }, (_, i) => i * stride - before);
    for (const first of starts) {
      for (let k = 0; k < kernel; k++) {
        const at = first + k * dilation;
        if (at >= 0 && at < size) reached[at] = 1;
      }
    }
    const ignored = [];
    reached.forEach((is, i) => is || ignored.push(i));
    const unused = starts.map((_, i) => i).filter((i) => {
      for (let k = 0; k < kernel; k++) {
        const at = starts[i] + k * dilation;
        if (at >= 0 && at < size) return false;
      }
      return true;
    });
    return { size, before, cut: full - size, reach, full, starts, ignored, unused, extra };
  }

  figures.places = (options) =>
    options.layer === "transposed" ? spread(options) : slide(options);

  /* One number, the one that fire_course.shapes gives. */
  figures.size = (options) => figures.places(options).size;

  /* The lines for Keras, and what has to be said of them. Two axes, as for pictures;
     "causal" is there for one only. */
  figures.kerasLine = function (options) {
    const { layer, kernel, stride, padding, dilation } = options;
    const axes = padding === "causal" ? "1D" : "2D";
    const lines = [];
    const notes = [];
    const more = [];
    let name = padding === "sides" ? "valid" : padding;
    const pair = (a, b) => (a === b ? `${a}` : `((${a}, ${b}), (${a}, ${b}))`);
    const plan = figures.places(options);

    if (stride > 1 && dilation > 1) {
      return { lines, notes: ["Keras does not combine a stride with a dilation."] };
    }
    if (layer === "pooling" && dilation > 1) {
      return { lines, notes: ["Keras's poolings have no dilation."] };
    }
    if (layer === "transposed") {
      more.push(`strides=${stride}`, `padding="${name}"`);
      if (dilation > 1) more.push(`dilation_rate=${dilation}`);
      let extra = options.output_padding ?? null;
      // Keras adds up to a step of its own accord; in numbers, PyTorch adds nothing.
      if (padding === "sides" && extra === null && stride > plan.reach) extra = 0;
      if (extra !== null) more.push(`output_padding=${extra}`);
      if (extra !== null && extra >= stride) {
        return { lines, notes: ["Keras wants an output padding below the stride."] };
      }
      lines.push(`keras.layers.Conv2DTranspose(64, ${kernel}, ${more.join(", ")})`);
      if (padding === "sides" && options.before + options.after) {
        lines.push(`keras.layers.Cropping2D(${pair(options.before, options.after)})`);
      }
      return { lines, notes };
    }

    // Keras pads by zeros in a layer of its own, and has no ceil: what hangs over the
    // end is padded there.
    let [before, after] = padding === "sides" ? [plan.before, plan.after] : [0, 0];
    after += plan.hangs;
    if (before + after) {
      name = "valid";
      lines.push(`keras.layers.ZeroPadding2D(${pair(before, after)})`);
      if (layer === "pooling") {
        notes.push("These zeros take part in the maximum; PyTorch's padding does not.");
      }
    }
    if (layer === "pooling") {
      more.push(`strides=${stride}`, `padding="${name}"`);
      lines.push(`keras.layers.MaxPooling2D(${kernel}, ${more.join(", ")})`);
    } else {
      if (stride > 1) more.push(`strides=${stride}`);
      more.push(`padding="${name}"`);
      if (dilation > 1) more.push(`dilation_rate=${dilation}`);
      lines.push(`keras.layers.Conv${axes}(64, ${kernel}, ${more.join(", ")})`);
    }
    if (plan.hangs) notes.push("Keras has no ceil: the last place is padded for.");
    return { lines, notes };
  };
})();
