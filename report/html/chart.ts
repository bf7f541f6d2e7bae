import type { Axis } from './axis';
import { markup, Markup } from './markup';

/** The units of a drawing, which stretches to the space it gets; strokes and dots keep their size. */
const UNITS = 1000;

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Areas behind the grid. */
  readonly backgrounds?: readonly Markup[];
  readonly layers: readonly Markup[];
  readonly labels?: readonly Markup[];
  readonly legend: readonly (readonly [className: string, name: string])[];
  readonly xTitle: string;
  /** Whether the x axis is the timeline of the run, on which all such charts share a crosshair. */
  readonly isTimeline?: boolean;
}

/** Draws a chart. Its labels are HTML beside a stretched drawing, so they stay readable at any width. */
export function chart({
  title,
  x,
  y,
  backgrounds = [],
  layers,
  labels = [],
  legend,
  xTitle,
  isTimeline,
}: Chart): Markup {
  const grid = y.ticks.map(({ share }) => path(`M0 ${up(share)}H${UNITS}`, 'grid'));
  return markup`<figure class="chart">
    <figcaption>
      ${title}<span class="legend"
        >${legend.map(([className, name]) => markup`<span class="key ${className}">${name}</span>`)}</span
      >
    </figcaption>
    <div class="frame">
      <div class="y">
        ${y.ticks.map(({ share, label }) => markup`<span style="bottom:${percentOf(share)}">${label}</span>`)}
      </div>
      <div class="plot" ${isTimeline ? new Markup(' data-timeline') : ''}>
        <svg viewBox="0 0 ${UNITS} ${UNITS}" preserveAspectRatio="none" role="img" aria-label="${title}">
          ${backgrounds}${grid}${layers}</svg
        >${labels}
      </div>
      <div class="x">
        ${x.ticks.map(
          ({ share, label }) =>
            markup`<span class="${share < 0.03 ? 'first' : share > 0.97 ? 'last' : ''}" style="left:${percentOf(share)}">${label}</span>`,
        )}
      </div>
    </div>
    <p class="axis">${xTitle}</p>
  </figure>`;
}

/** A line through points; a missing value interrupts it. */
export function line(
  points: readonly (readonly [x: number, y: number | undefined])[],
  { x, y }: Axes,
  className: string,
): Markup {
  let isDrawing = false;
  const d = points.map(([at, value]) => {
    if (value === undefined) {
      isDrawing = false;
      return '';
    }
    const command = isDrawing ? 'L' : 'M';
    isDrawing = true;
    return `${command}${across(x.toShare(at))} ${up(y.toShare(value))}`;
  });
  return path(d.join(''), `line ${className}`);
}

export function dots(points: readonly (readonly [x: number, y: number])[], { x, y }: Axes, className: string): Markup {
  return path(
    points.map(([at, value]) => `M${across(x.toShare(at))} ${up(y.toShare(value))}h0`).join(''),
    `dot ${className}`,
  );
}

/** The area between two values of the x axis. */
export function band(from: number, to: number, { x }: Axes, className: string): Markup {
  return path(
    `M${across(x.toShare(from))} 0H${across(x.toShare(to))}V${UNITS}H${across(x.toShare(from))}z`,
    `band ${className}`,
  );
}

export interface Cell {
  readonly from: number;
  readonly to: number;
  readonly bottom: number;
  readonly top: number;
}

/** Rectangles between values of both axes. */
export function cells(all: readonly Cell[], { x, y }: Axes, className: string): Markup {
  const d = all.map(({ from, to, bottom, top }) => {
    const [left, right] = [across(x.toShare(from)), across(x.toShare(to))];
    return `M${left} ${up(y.toShare(bottom))}H${right}V${up(y.toShare(top))}H${left}z`;
  });
  return path(d.join(''), className);
}

/** A horizontal line at a limit, and its label. */
export function limit(value: number, text: string, { y }: Axes): { readonly layer: Markup; readonly label: Markup } {
  const share = y.toShare(value);
  return {
    layer: path(`M0 ${up(share)}H${UNITS}`, 'line limit'),
    label: markup`<span class="note right" style="bottom:${percentOf(share)}">${text}</span>`,
  };
}

/** A mark at a value of the x axis, with a short text at the top of the drawing. */
export function mark(at: number, text: string, { x }: Axes): { readonly layer: Markup; readonly label: Markup } {
  const share = x.toShare(at);
  return {
    layer: path(`M${across(share)} 0V${UNITS}`, 'line event'),
    label: markup`<span class="note top${share > 0.6 ? ' left' : ''}" style="left:${percentOf(share)}">${text}</span>`,
  };
}

export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

function path(d: string, className: string): Markup {
  return markup`<path class="${className}" d="${d}" />`;
}

function across(share: number): number {
  return Math.round(clamp(share) * UNITS * 10) / 10;
}

function up(share: number): number {
  return Math.round(UNITS - clamp(share) * UNITS);
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share));
}

function percentOf(share: number): string {
  return `${Math.round(clamp(share) * 1000) / 10}%`;
}
