// Replaces the WebAssembly part of the histogram library in the workflow sandbox, where it cannot be loaded and is not used.
export class WasmHistogram {}
export function initWebAssembly(): void {}
export function initWebAssemblySync(): void {}
export function webAssemblyReady(): boolean {
  return false;
}
