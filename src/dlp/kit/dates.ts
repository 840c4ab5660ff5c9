/** Calendar plausibility of dates inside identity numbers. */

/** True when month and day can be a date (29 February included, as no year is looked at). */
export function plausibleDay(month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

/** The number that two digits make, from an index on. */
export function twoOf(values: Uint8Array, index: number): number {
  return (values[index] ?? 0) * 10 + (values[index + 1] ?? 0);
}

/** The number two digits make, at an index. */
export function two(digits: string, index: number): number {
  return Number(digits.slice(index, index + 2));
}
