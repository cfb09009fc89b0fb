export interface Point {
  readonly x: number
  readonly y: number
}

/** How steep the line is that lies closest to the points, by least squares: what `y` gains with each one of `x`. 0 where no line is steeper than another. */
export function slopeOf(points: readonly Point[]): number {
  const middle = { x: meanOf(points.map(({ x }) => x)), y: meanOf(points.map(({ y }) => y)) }
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point), 0)
  const spread = sum(({ x }) => (x - middle.x) ** 2)
  return spread === 0 ? 0 : sum(({ x, y }) => (x - middle.x) * (y - middle.y)) / spread
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length)
}
