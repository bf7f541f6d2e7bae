// Stands in for the WebAssembly half of the histogram library inside the sandbox, where it cannot load and is not used.
export class WasmHistogram {}
export function initWebAssembly(): void {}
export function initWebAssemblySync(): void {}
export function webAssemblyReady(): boolean {
  return false;
}
