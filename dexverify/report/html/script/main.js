// The page comes up: at what its address chooses, or else at the first failure.

const THEMES = ["system", "light", "dark"];
const THEME_KEY = "dexter-theme";

/** Light or dark: as the system has it, or as the reader wants it. */
class Theme {
  constructor(change) {
    this.change = change;
    this.set(this.stored());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
  }

  stored() {
    try {
      return localStorage.getItem(THEME_KEY);
    } catch {
      return null; // a browser that keeps nothing for a local file
    }
  }

  next() {
    this.set(THEMES[(THEMES.indexOf(this.name) + 1) % THEMES.length]);
    this.change();
  }

  set(name) {
    this.name = THEMES.includes(name) ? name : "system";
    document.documentElement.style.colorScheme = this.name === "system" ? "" : this.name;
    byId("theme").textContent = `Theme: ${this.name}`;
    try {
      localStorage.setItem(THEME_KEY, this.name);
    } catch {
      // as above
    }
  }
}

async function start() {
  const data = JSON.parse(byId("data").textContent);
  const sources = JSON.parse(new TextDecoder().decode(await unpacked("sources")));
  const viewer = new Viewer(data, sources);
  const theme = new Theme(() => viewer.timeline.draw());
  listenToKeys(viewer, theme);
  listenToButtons(viewer, theme);
  const open = () => {
    const chosen = chosenBy(location.hash);
    const number = chosen.test < data.tests.length ? chosen.test : viewer.outcomes.first();
    return data.tests.length > 0 ? viewer.openTest(number, chosen) : undefined;
  };
  addEventListener("hashchange", () => open().catch(tell));
  await open();
  document.documentElement.dataset.state = "ready";
}

function tell(error) {
  byId("failure").hidden = false;
  byId("failure").textContent = `The steps cannot be shown: ${error.message}`;
  document.documentElement.dataset.state = "failed";
}

start().catch(tell);
