// How lanes and their axis are drawn, on a canvas each: any number of steps to a pixel, or of pixels to a step.

const AXIS_HEIGHT = 24;
const LANE_HEIGHT = 20; // as in steps.css

/** The colours of the style sheet as a canvas takes them. */
function paletteOf(box) {
  const probe = element("span");
  box.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["lane", "false", "unknown", "thread", "muted", "line", "bad", "accent"];
  const palette = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.remove();
  return palette;
}

function prepared(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  return { context, width, height: canvas.height, scale };
}

/** A column of pixels is as high as the share of its steps that are true; a single one among thousands still shows. */
function drawLane(lane, view, size, palette) {
  const { context, width, height, scale } = prepared(lane.canvas, LANE_HEIGHT);
  const span = view.end - view.start;
  const base = height - 2 * scale;
  const full = base - 2 * scale;
  let left = 0;
  while (left < width) {
    const start = Math.min(size, Math.floor(view.start + (left / width) * span));
    const end = Math.min(size, Math.max(start + 1, Math.floor(view.start + ((left + 1) / width) * span)));
    const next = span >= width ? left + 1 : Math.max(left + 1, Math.ceil(((end - view.start) / span) * width));
    if (end > start)
      drawColumn(context, left, next - left, lane, lane.truth.counts(start, end), base, full, scale, palette);
    left = next;
  }
}

function drawColumn(context, left, width, lane, counts, base, full, scale, palette) {
  const looked = counts.true + counts.false + counts.unknown;
  if (looked === 0) return;
  const foot = counts.false > 0 ? 2 * scale : 0;
  if (foot > 0 && lane.group !== "Threads") {
    context.fillStyle = palette.false;
    context.fillRect(left, base - foot, width, foot);
  }
  if (counts.true > 0) {
    const height = Math.max(2 * scale, (counts.true / looked) * (full - foot));
    context.fillStyle = lane.group === "Threads" ? palette.thread : palette.lane;
    context.fillRect(left, base - foot - height, width, height);
  }
  if (counts.unknown > 0) {
    context.fillStyle = palette.unknown;
    context.fillRect(left, base - full * 0.7, width, 3 * scale);
  }
}

function drawAxis(canvas, view, palette) {
  const { context, width, height, scale } = prepared(canvas, AXIS_HEIGHT);
  const span = view.end - view.start;
  const x = (step) => ((step - view.start) / span) * width;
  context.font = `${11 * scale}px system-ui, sans-serif`;
  context.textBaseline = "top";
  const gap = tickGap(span, width / scale / 110);
  for (let step = Math.ceil(view.start / gap) * gap; step < view.end; step += gap) {
    context.fillStyle = palette.line;
    context.fillRect(x(step), 0, scale, height);
    context.fillStyle = palette.muted;
    context.fillText(count(step), x(step) + 4 * scale, 4 * scale);
  }
}

/** Which part of the whole run is in view, as a scroll bar shows it. */
function drawPlace(canvas, view, size, colour) {
  const scale = window.devicePixelRatio || 1;
  const context = canvas.getContext("2d");
  const width = Math.max(6 * scale, ((view.end - view.start) / size) * canvas.width);
  context.fillStyle = colour;
  context.fillRect((view.start / size) * (canvas.width - width), 0, width, 2 * scale);
}

/** A triangle that points at a step. */
function drawMark(canvas, view, step, size, colour) {
  if (step < view.start || step >= view.end) return;
  const context = canvas.getContext("2d");
  const scale = window.devicePixelRatio || 1;
  const half = size * scale;
  const middle = ((step + 0.5 - view.start) / (view.end - view.start)) * canvas.width;
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(middle - half, canvas.height - 1.5 * half);
  context.lineTo(middle + half, canvas.height - 1.5 * half);
  context.lineTo(middle, canvas.height);
  context.fill();
}

/** 1, 2 or 5 times a power of ten, so that about `wanted` ticks fit. */
function tickGap(span, wanted) {
  const least = Math.max(1, span / Math.max(1, wanted));
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((each) => each * power).find((gap) => gap >= least);
}
