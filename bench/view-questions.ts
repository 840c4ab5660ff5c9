/** The questions that the bench asks the views, by name: both its process and its Worker know them. */

/** What is asked of the views, as an auditor's pages ask it. */
export const questions = [
  "usage of the month in one sum",
  "usage of the month by day and model",
  "costs of the month by member",
  "usage of a day by hour",
  "usage of one member by day",
  "budgets of a member, their team and all, by hour",
  "budgets of a member, their team and all, by model",
  "audit list of one member and model, newest first",
  "audit list of failures over an amount, in a week",
] as const;
export type ViewQuestion = (typeof questions)[number];
