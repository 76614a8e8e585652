// @ts-check
// The market's one script: search, and the Sandstorm server that apps are installed on. A classic script, not a
// module: browsers refuse modules to pages that are opened from a USB stick. It never turns text into markup; the
// page's policy (trusted-types 'none') would not let it.
'use strict';

(() => {
  const STORE = 'sandstorm-market';
  /** Where the index lies: the folder above `app/`, `category/` and so on. */
  const root = new URL(document.documentElement.dataset.root || './', location.href);

  /** @template {Element} T @param {string} selector @param {ParentNode} [within] @returns {T | null} */
  const one = (selector, within = document) => within.querySelector(selector);
  /** @template {HTMLElement} T @param {string} selector @param {ParentNode} [within] @returns {T[]} */
  const all = (selector, within = document) =>
    [...within.querySelectorAll(selector)].map((found) => /** @type {T} */ (found));
  /** @param {Element | null} element @param {boolean} shown */
  const show = (element, shown) => element?.toggleAttribute('hidden', !shown);

  // ---- Sandstorm servers ----

  /**
   * A server's address as Sandstorm has it in BASE_URL, or undefined. From the address of any page of it; without
   * `http://` as people type it. Nothing with a user name in it: `https://sandstorm.corp@evil.example`.
   * @param {string | null | undefined} text
   */
  const serverOf = (text) => {
    const typed = (text || '').trim();
    const bare = /^[a-z0-9.-]+(:\d+)?(\/.*)?$/i.test(typed);
    const usual = location.protocol === 'https:' ? 'https://' : 'http://';
    try {
      const url = new URL(bare ? usual + typed : typed);
      if (!/^https?:$/.test(url.protocol) || url.username || url.password || !url.hostname) return undefined;
      return url.origin;
    } catch {
      return undefined;
    }
  };

  /** @param {string} server */
  const shortName = (server) => server.replace(/^https?:\/\//, '');

  /** @typedef {{ known: string[], chosen: string | undefined }} Servers */

  /** @returns {Servers} */
  const remembered = () => {
    const offered = (document.documentElement.dataset.servers || '')
      .split(' ')
      .flatMap((text) => serverOf(text) || []);
    /** @type {Servers} */
    const fresh = { known: offered, chosen: offered.length === 1 ? offered[0] : undefined };
    try {
      const stored = JSON.parse(localStorage.getItem(STORE) || 'null');
      if (!stored || !Array.isArray(stored.known)) return fresh;
      const known = unique(
        [...stored.known, ...offered].flatMap((text) => (typeof text === 'string' && serverOf(text)) || []),
      );
      const chosen = known.find((server) => server === stored.chosen);
      return { known, chosen: chosen || (known.length === 1 ? known[0] : undefined) };
    } catch {
      return fresh;
    }
  };

  /** @param {string[]} texts */
  const unique = (texts) => [...new Set(texts)];

  let servers = remembered();

  /** @param {Servers} next */
  const remember = (next) => {
    servers = next;
    try {
      localStorage.setItem(STORE, JSON.stringify(next));
    } catch {
      // A browser that may not store anything still installs; it asks again on the next page.
    }
    showServer();
  };

  /** @param {string} server */
  const choose = (server) => remember({ known: unique([...servers.known, server]), chosen: server });

  /** @param {string} packageId @param {string} server */
  const installAddress = (packageId, server) => {
    const file = new URL(`packages/${packageId}`, root).href;
    // Readable, as Sandstorm's own market writes it; only what would end the value is encoded.
    const value = encodeURIComponent(file).replace(/%3A/g, ':').replace(/%2F/g, '/');
    return `${server}/install/${packageId}?url=${value}`;
  };

  const fromFile = location.protocol === 'file:';

  function showServer() {
    const { chosen } = servers;
    for (const name of all('[data-server-name]'))
      name.textContent = chosen ? shortName(chosen) : 'choose yours';
    for (const text of all('[data-where-text]'))
      text.textContent = fromFile
        ? 'This page was opened from a file. Sandstorm can fetch packages only from a web address; download the package instead.'
        : chosen
          ? `on ${shortName(chosen)}`
          : 'You choose your server first.';
    for (const line of all('[data-where]')) show(one('button', line), Boolean(chosen) && !fromFile);
    for (const link of /** @type {HTMLAnchorElement[]} */ (all('[data-install]')))
      link.href = chosen && !fromFile ? installAddress(link.dataset.install || '', chosen) : '#server-dialog';
  }

  // ---- the dialog ----

  const dialog = /** @type {HTMLDialogElement} */ (one('#server-dialog'));
  const field = /** @type {HTMLInputElement} */ (one('#server-new', dialog));
  const trouble = /** @type {HTMLElement} */ (one('#server-error', dialog));
  /** The package that waits for a server. @type {string | undefined} */
  let waiting;

  /** @param {string} [packageId] */
  const openDialog = (packageId) => {
    waiting = packageId;
    field.value = '';
    complain('');
    listServers();
    dialog.showModal();
    const first = /** @type {HTMLInputElement | null} */ (one('input:checked', dialog));
    (first || field).focus();
  };

  /** @param {string} text */
  const complain = (text) => {
    trouble.textContent = text;
    if (text) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  };

  function listServers() {
    const { known, chosen } = servers;
    show(one('[data-servers-known]', dialog), known.length > 0);
    const label = one('[data-new-label]', dialog);
    if (label) label.textContent = known.length > 0 ? 'Or another one, by its address' : 'Its address';
    one('.servers', dialog)?.replaceChildren(...known.map((server) => serverItem(server, server === chosen)));
  }

  /** @param {string} server @param {boolean} checked */
  const serverItem = (server, checked) => {
    const item = document.createElement('li');
    const label = document.createElement('label');
    const radio = document.createElement('input');
    Object.assign(radio, { type: 'radio', name: 'known', value: server, checked });
    const forget = document.createElement('button');
    Object.assign(forget, { type: 'button', className: 'link', textContent: 'Forget' });
    forget.setAttribute('aria-label', `Forget ${shortName(server)}`);
    forget.addEventListener('click', () => {
      const known = servers.known.filter((other) => other !== server);
      remember({ known, chosen: servers.chosen === server ? undefined : servers.chosen });
      listServers();
      field.focus();
    });
    label.append(radio, server);
    item.append(label, forget);
    return item;
  };

  /** What is typed counts, else what is ticked. */
  const wishOf = () => {
    if (field.value.trim() !== '') return serverOf(field.value);
    return /** @type {HTMLInputElement | null} */ (one('input:checked', dialog))?.value;
  };

  one('form', dialog)?.addEventListener('submit', (event) => {
    event.preventDefault();
    const server = wishOf();
    if (server === undefined) {
      complain(
        field.value.trim() === ''
          ? 'Give the address of your server.'
          : 'That is no address of a server. It looks like https://sandstorm.example.com or http://10.0.0.5:6080.',
      );
      field.focus();
      return;
    }
    choose(server);
    dialog.close();
    if (waiting) location.assign(installAddress(waiting, server));
  });
  one('[data-cancel]', dialog)?.addEventListener('click', () => dialog.close());
  field.addEventListener('input', () => complain(''));
  // A click beside it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  for (const button of all('[data-choose-server]')) button.addEventListener('click', () => openDialog());
  for (const link of all('[data-install]'))
    link.addEventListener('click', (event) => {
      if (servers.chosen && !fromFile) return;
      event.preventDefault();
      if (!fromFile) openDialog(link.dataset.install);
    });

  // ---- a server that a link proposes: Sandstorm's "Install apps" leads to <market>/?host=<its address> ----

  const proposal = one('[data-proposal]');
  const PROPOSED = `${STORE}-proposed`;

  /** Anybody can write a link, so a proposal is asked about, and a server that is known already is taken. */
  const takeProposal = () => {
    const query = new URLSearchParams(location.search);
    const fragment = new URLSearchParams(location.hash.replace(/^#\??/, ''));
    const text = query.get('host') || fragment.get('host');
    if (text === null) return session(PROPOSED);
    query.delete('host');
    const search = query.toString();
    const hash = fragment.has('host') ? '' : location.hash;
    history.replaceState(null, '', location.pathname + (search && `?${search}`) + hash);
    const server = serverOf(text);
    session(PROPOSED, server || '');
    return server;
  };

  /** @param {string} key @param {string} [value] */
  const session = (key, value) => {
    try {
      if (value !== undefined) sessionStorage.setItem(key, value);
      return serverOf(sessionStorage.getItem(key));
    } catch {
      return value;
    }
  };

  const propose = () => {
    const server = takeProposal();
    if (!server) return;
    if (servers.known.includes(server)) {
      session(PROPOSED, '');
      if (servers.chosen !== server) choose(server);
      return;
    }
    const name = one('[data-proposed]');
    if (name) name.textContent = server;
    show(proposal, true);
    /** @param {boolean} taken */
    const done = (taken) => {
      session(PROPOSED, '');
      show(proposal, false);
      if (taken) choose(server);
      /** @type {HTMLElement | null} */ (one('#main'))?.focus();
    };
    one('[data-accept]')?.addEventListener('click', () => done(true));
    one('[data-decline]')?.addEventListener('click', () => done(false));
  };

  // ---- search ----

  /** Without case and accents. @param {string} text */
  const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

  /** Results shown at once: enough for who scrolls, few enough for who types on. */
  const AT_FIRST = 60;

  /** @param {HTMLFormElement} form */
  const search = (form) => {
    const input = /** @type {HTMLInputElement} */ (one('input', form));
    const results = one('[data-results]');
    const list = /** @type {HTMLElement} */ (one('ul', results || document));
    const more = /** @type {HTMLButtonElement} */ (one('[data-more]'));
    const status = /** @type {HTMLElement} */ (one('[data-status]'));
    const everywhere = /** @type {HTMLAnchorElement | null} */ (one('[data-everywhere]'));
    /** @type {{ item: HTMLElement, name: string, text: string }[] | undefined} */
    let entries;
    /** @type {HTMLElement[]} */
    let found = [];

    const read = () =>
      all('[data-cards] > li').map((item) => {
        const name = folded(one('b', item)?.textContent || '');
        return { item, name, text: folded(`${item.textContent} ${item.dataset.s || ''}`) };
      });

    /** How near a name comes: begins with it, a word of it does, holds it, or other words do. @param {string} name @param {string} word */
    const distance = (name, word) =>
      name.startsWith(word) ? 0 : name.includes(` ${word}`) ? 1 : name.includes(word) ? 2 : 3;

    /** @param {string[]} words */
    const matches = (words) => {
      entries = entries || read();
      return entries
        .filter(({ text }) => words.every((word) => text.includes(word)))
        .map(({ item, name }) => ({ item, rank: distance(name, words[0] || '') }))
        .sort((first, second) => first.rank - second.rank)
        .map(({ item }) => item);
    };

    /** @param {number} most */
    const fill = (most) => {
      list.replaceChildren(...found.slice(0, most).map((item) => item.cloneNode(true)));
      show(more, found.length > most);
      more.textContent = `Show all ${found.length}`;
    };

    const update = () => {
      const query = input.value.trim();
      const words = folded(query).split(/\s+/).filter(Boolean);
      const searching = words.length > 0;
      found = searching ? matches(words) : [];
      show(one('[data-all]'), !searching);
      show(results, found.length > 0);
      show(one('[data-nothing]'), searching && found.length === 0);
      const sum = found.length === 0 ? 'No app' : found.length === 1 ? '1 app' : `${found.length} apps`;
      status.textContent = searching ? `${sum} for “${query}”` : '';
      if (everywhere) everywhere.search = searching ? `?q=${encodeURIComponent(query)}` : '';
      fill(AT_FIRST);
    };

    const noteAddress = () => {
      const query = input.value.trim();
      // So that the way back from an app leads to what was found.
      history.replaceState(null, '', location.pathname + (query && `?q=${encodeURIComponent(query)}`));
    };

    const clear = () => {
      input.value = '';
      update();
      noteAddress();
      input.focus();
    };

    input.addEventListener('input', () => {
      update();
      noteAddress();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (one('a', list))?.focus();
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && input.value !== '') {
        event.preventDefault();
        clear();
      }
    });
    more.addEventListener('click', () => {
      const next = list.childElementCount;
      fill(Infinity);
      /** @type {HTMLElement | null} */ (one('a', list.children[next] || list))?.focus();
    });
    one('[data-clear]')?.addEventListener('click', clear);
    document.addEventListener('keydown', (event) => {
      const typing =
        event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
      input.select();
    });

    input.value = new URLSearchParams(location.search).get('q') || '';
    if (input.value !== '') update();
  };

  showServer();
  propose();
  const form = /** @type {HTMLFormElement | null} */ (one('[data-search]'));
  if (form) search(form);
  // Another tab has chosen a server.
  addEventListener('storage', ({ key }) => {
    if (key !== STORE) return;
    servers = remembered();
    showServer();
  });
})();
