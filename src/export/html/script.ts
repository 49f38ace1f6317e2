/** What the page does: show one state at a time. Without it, all are shown below each other. */
export const script = `
'use strict';
(() => {
  const states = [...document.querySelectorAll('section.state')];
  const links = [...document.querySelectorAll('nav.steps a')];
  const slider = document.getElementById('step');
  const status = document.getElementById('status');
  const jump = document.getElementById('violation');
  const last = states.length - 1;
  let current = -1;

  const show = (wanted) => {
    const n = Math.min(last, Math.max(0, wanted));
    if (n === current) return;
    current = n;
    states.forEach((state, i) => { state.hidden = i !== n; });
    links.forEach((link, i) => {
      if (i === n) link.setAttribute('aria-current', 'step');
      else link.removeAttribute('aria-current');
    });
    slider.value = String(n);
    slider.setAttribute('aria-valuetext', states[n].getAttribute('aria-label'));
    document.getElementById('first').disabled = n === 0;
    document.getElementById('back').disabled = n === 0;
    document.getElementById('forward').disabled = n === last;
    document.getElementById('last').disabled = n === last;
    const said = states[n].querySelectorAll('h2, .violation h3, .changes li');
    status.textContent = [...said].map((element) => element.textContent).join('. ');
    links[n].scrollIntoView({ block: 'nearest' });
    history.replaceState(null, '', '#step-' + n);
  };

  const keys = {
    ArrowRight: () => show(current + 1), j: () => show(current + 1),
    ArrowLeft: () => show(current - 1), k: () => show(current - 1),
    Home: () => show(0), End: () => show(last),
    v: () => { if (jump) show(Number(jump.dataset.step)); },
  };
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === slider) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  links.forEach((link, i) => link.addEventListener('click', (event) => {
    event.preventDefault();
    show(i);
  }));
  slider.addEventListener('input', () => show(Number(slider.value)));
  document.getElementById('first').addEventListener('click', () => show(0));
  document.getElementById('back').addEventListener('click', () => show(current - 1));
  document.getElementById('forward').addEventListener('click', () => show(current + 1));
  document.getElementById('last').addEventListener('click', () => show(last));
  if (jump) jump.addEventListener('click', () => show(Number(jump.dataset.step)));
  const fromAddress = () => {
    const [, n] = /^#step-(\\d+)$/.exec(location.hash) || [];
    return n === undefined ? 0 : Number(n);
  };
  addEventListener('hashchange', () => show(fromAddress()));
  document.documentElement.classList.add('stepping');
  show(fromAddress());
})();
`;
