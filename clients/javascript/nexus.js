// A small client for Nexus, for pages and for Node 22 or newer. No build, no dependency: copy it and change it.

/** Something was refused: `code` is stable (docs/errors.md), `remedy` says what to do. */
export class NexusError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `The server answered ${status}.`);
    Object.assign(this, { status, code: "error", ...problem });
  }
}

export class Nexus {
  #access = "";
  #refresh = "";
  #renewing = null;

  /** @param {string} url for example https://nexus.example.org */
  constructor(url) {
    this.url = url.replace(/\/+$/, "");
  }

  /** Signs in by name and password. The tokens stay in this object: what is in localStorage, any script of the page reads. */
  async signIn(username, password) {
    this.#keep(await this.ask("POST", "/auth/token", { body: { username, password }, signed: false }));
  }

  async signOut() {
    const token = this.#refresh;
    this.#access = this.#refresh = "";
    if (token) await this.ask("POST", "/auth/token/revoke", { body: { token }, signed: false });
  }

  /** The whole of a list, page by page: `for await (const hub of nexus.every("/hubs")) …` */
  async *every(path, query = {}) {
    let cursor = "";
    do {
      const { results, next } = await this.ask("GET", path, { query: { ...query, cursor } });
      yield* results;
      cursor = next;
    } while (cursor);
  }

  /** What a hub's pages say about problems: status is "solved", "open" or "" for all. */
  challenges(hub, status = "") {
    return this.every(`/hubs/${encodeURIComponent(hub)}/entries`, { kind: "challenge", status });
  }

  /** A page with its text, and the version that this is. */
  async readPage(hub, path) {
    const { results } = await this.ask("GET", `${pages(hub)}`, { query: { path } });
    if (!results.length) throw new NexusError(404, { code: "not_found", detail: "There is no such page." });
    const response = await this.send("GET", `${pages(hub)}/${results[0].id}/text`);
    return { ...results[0], text: await response.text(), version: tag(response) };
  }

  async createPage(hub, path, text) {
    return this.ask("POST", pages(hub), { body: { path, text } });
  }

  /**
   * Stores a new text made from `page.version`. When somebody was faster it is refused with status 412 and the code
   * "stale_version": read again and decide, or ask for a merge, which is made only when it is clean (else 409).
   */
  async editPage(hub, page, text, { merge = false } = {}) {
    return this.ask("PUT", `${pages(hub)}/${page.id}/text`, {
      query: { merge: merge ? "true" : "" },
      headers: { "If-Match": `"${page.version}"`, "Content-Type": "text/markdown; charset=utf-8" },
      text,
    });
  }

  /** Sends a request and reads its JSON. Throws NexusError. */
  async ask(method, path, options = {}) {
    const response = await this.send(method, path, options);
    return response.status === 204 ? null : response.json();
  }

  /** Sends a request. An access token that is over is renewed, once. Throws NexusError. */
  async send(method, path, { query = {}, headers = {}, body, text, signed = true } = {}) {
    const address = new URL(`${this.url}/api/v1${path}`);
    for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
    const sent = { ...headers };
    if (body !== undefined) sent["Content-Type"] = "application/json";
    // One key for both attempts: a POST that came twice is done once.
    if (method === "POST" && signed) sent["Idempotency-Key"] = crypto.randomUUID();
    for (let attempt = 1; ; attempt++) {
      const used = this.#access;
      if (signed && used) sent.Authorization = `Bearer ${used}`;
      const response = await fetch(address, {
        method,
        headers: sent,
        body: body === undefined ? text : JSON.stringify(body),
        credentials: "omit",
        redirect: "error", // a token goes to this server and to no other
        signal: AbortSignal.timeout(30_000),
      });
      if (response.ok) return response;
      if (response.status === 401 && signed && attempt === 1 && (await this.#renew(used))) continue;
      const problem = await response.json().catch(() => ({}));
      throw new NexusError(response.status, problem);
    }
  }

  /** Several requests may come here at once; a refresh token is good once, so one of them renews and the others wait. */
  async #renew(used) {
    if (this.#access !== used) return true;
    if (!this.#refresh) return false;
    this.#renewing ??= this.ask("POST", "/auth/token/refresh", { body: { refresh: this.#refresh }, signed: false })
      .then((pair) => this.#keep(pair))
      .finally(() => (this.#renewing = null));
    await this.#renewing;
    return true;
  }

  #keep({ access, refresh }) {
    this.#access = access;
    this.#refresh = refresh;
  }

  /**
   * Everything that happens in a hub from now on, or behind the number `after`, without a gap: when the connection breaks it
   * is made again from the last number that came. `for await (const event of nexus.follow("cohort", {signal})) …`
   */
  async *follow(hub, { after, signal } = {}) {
    let last = after;
    let pause = 500;
    while (!signal?.aborted) {
      const address = new URL(`${this.url.replace(/^http/, "ws")}/ws/hubs/${encodeURIComponent(hub)}`);
      if (last !== undefined) address.searchParams.set("after", last);
      const socket = new WebSocket(address, ["nexus.v1", ...(this.#access ? [`bearer.${this.#access}`] : [])]);
      try {
        for await (const event of framesOf(socket, signal)) {
          last = event.seq;
          pause = 500;
          if (event.type !== "heartbeat") yield event;
        }
      } catch (closed) {
        if (closed.reason === "token_expired") await this.#renew(this.#access);
        else if ([4400, 4401, 4404, 4410].includes(closed.code)) throw new NexusError(0, { code: closed.reason });
        else if (![1012, 4408].includes(closed.code)) {
          await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random())));
          pause = Math.min(pause * 2, 60_000);
        }
      }
    }
  }
}

/** The frames of a socket as they come. Throws the close event; ends quietly when `signal` says so. */
async function* framesOf(socket, signal) {
  const waiting = [];
  let wake = () => {};
  let closed = null;
  let silence;
  const heard = () => {
    clearTimeout(silence); // a heartbeat comes every twenty seconds: after a minute the connection is dead
    silence = setTimeout(() => socket.close(), 60_000);
  };
  const stop = () => socket.close();
  socket.onopen = heard;
  socket.onmessage = ({ data }) => {
    heard();
    waiting.push(JSON.parse(data));
    wake();
  };
  socket.onclose = (event) => {
    closed = event;
    wake();
  };
  signal?.addEventListener("abort", stop);
  try {
    while (true) {
      while (waiting.length) yield waiting.shift();
      if (signal?.aborted) return;
      if (closed) throw closed;
      await new Promise((done) => (wake = done));
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", stop);
    socket.close();
  }
}

function pages(hub) {
  return `/hubs/${encodeURIComponent(hub)}/pages`;
}

/** The version that an ETag names; whoever compresses on the way weakens it or appends its own. */
function tag(response) {
  return (response.headers.get("ETag") ?? "").replace(/^W\//, "").replaceAll('"', "").slice(0, 36);
}
