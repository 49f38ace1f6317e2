/** Parameters of the kernel and of the VM, as far as markers and probes tell. */

const isOn = (value: string): boolean => ['Y', '1', 'force'].includes(value);

export class Settings {
  readonly vcpus = new Set<number>();
  /** Number of vCPUs that the scenario's marker promises. */
  promisedVcpus: number | undefined;
  tdpMmu: boolean | undefined;
  /** NX huge page mitigation, for this VM; undefined: not known. */
  nxHugePages: boolean | undefined;
  limit: { readonly pages: number; readonly line: number } | undefined;
  /** A VM of its own begins here. */
  started = false;
  /** Line of the first store to guest memory that KVM could not see. */
  hostPoke: number | undefined;

  #npt: boolean | undefined;
  #nx: boolean | undefined;
  /** Said by the user: no marker overrules it. */
  #nxSaid: boolean | undefined;

  sayNx(on: boolean | undefined): void {
    this.#nxSaid = on;
    if (on !== undefined) this.nxHugePages = on;
  }

  /** Of the host, for the next VM on it. */
  inherit(from: Settings): void {
    this.tdpMmu = from.tdpMmu;
    this.#npt = from.#npt;
    this.#nx = from.#nx;
    this.sayNx(from.#nxSaid);
  }

  mark(text: string, line: number): void {
    if (text.startsWith('ktl host:')) {
      const value = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(text)?.[1];
      const [npt, tdp, nx] = [value('npt'), value('tdp_mmu'), value('nx_huge_pages')];
      if (npt !== undefined) this.#npt = isOn(npt);
      if (tdp !== undefined) this.tdpMmu = isOn(tdp) && this.#npt !== false;
      if (nx !== undefined) this.#nx = isOn(nx);
    }
    const [, vcpus] = /^ktl scenario: .* vcpus=(\d+)/.exec(text) ?? [];
    if (vcpus !== undefined) {
      this.promisedVcpus = Number(vcpus);
      this.started = true;
    }
    const [, nx] = /^ktl vmm: parameter nx_huge_pages=(\S+)/.exec(text) ?? [];
    if (nx !== undefined) this.#nx = isOn(nx);
    // A VM can opt out of the mitigation, which no event shows: believe it for whole scenarios.
    if (this.#nxSaid === undefined && this.started) this.nxHugePages = this.#nx;
    if (text.startsWith('ktl vmm: host poke')) this.hostPoke ??= line;
  }
}
