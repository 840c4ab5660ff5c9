/** The types of bootstrap.mjs, which has to run before TypeScript can. */
export class Unready extends Error {}
export function assertNode(version: string): void;
export function isInstalled(root: string): boolean;
export function explainInstallFailure(output: string): string;
export function findNode(root: string, running?: string, execPath?: string): string;
export function ensureReady(root?: string): Promise<string>;
export function run(script: string): Promise<void>;
export function runPackage(bin: string, args: readonly string[]): Promise<void>;
