/* Sliding a kernel over numbers: the arithmetic, without any drawing. */

(function () {
  "use strict";
  const figures = window.fireFigures;

  /* The kernels of chapter 2. Not turned: a positive number on the right answers to
     what is lighter on the right. */
  figures.kernels = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    outline: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    blur: [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
    "soft blur": [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]],
    emboss: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "leave as is": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "move right": [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
  };

  /* What one place of the kernel sees: rows of {row, column, value, weight, padded}.
     Rows and columns count from the first of the picture; in the padding they are
     outside it. */
  figures.place = function (picture, kernel, row, column, { stride, padding, dilation }) {
    return kernel.map((weights, i) =>
      weights.map((weight, j) => {
        const r = row * stride - padding + i * dilation;
        const c = column * stride - padding + j * dilation;
        const inside = r >= 0 && c >= 0 && r < picture.length && c < picture[0].length;
        return {
          row: r, column: c, weight, padded: !inside, value: inside ? picture[r][c] : 0,
        };
      }));
  };

  figures.sum = (taps) =>
    taps.flat().reduce((sum, tap) => sum + tap.value * tap.weight, 0);

  /* The same for a photo, as fast as it must be while somebody types. Its size is
     kept; beyond its border stands its border again (scipy.ndimage's "reflect",
     which for a kernel of three is also its "nearest"). */
  figures.correlatePhoto = function (grey, width, height, kernel) {
    const result = new Float64Array(width * height);
    const weights = kernel.flat();
    for (let y = 0; y < height; y++) {
      const rows = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)];
      for (let x = 0; x < width; x++) {
        const columns = [Math.max(0, x - 1), x, Math.min(width - 1, x + 1)];
        let sum = 0;
        for (let k = 0; k < 9; k++) {
          sum += weights[k] * grey[rows[(k / 3) | 0] * width + columns[k % 3]];
        }
        result[y * width + x] = sum;
      }
    }
    return result;
  };

  figures.turned = (kernel) => kernel.map((row) => [...row].reverse()).reverse();
})();
