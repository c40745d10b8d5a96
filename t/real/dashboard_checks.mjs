// What must hold in the page in every state: run there, as text.  Each returns
// what is wrong, as a list of words.

function names() {
    const selector = 'a[href], button, input, select, [tabindex]';

    function nameOf(node) {
        const label = node.labels?.[0]?.textContent;
        const by = node.getAttribute('aria-labelledby');
        return [node.getAttribute('aria-label'), label,
                by && document.getElementById(by)?.textContent,
                node.matches('select, input, main') ? '' : node.textContent,
                node.title].find((text) => text?.trim());
    }

    return [...document.querySelectorAll(selector)]
        .filter((node) => node.checkVisibility() && !nameOf(node)
                && !node.matches('main'))
        .map((node) => node.outerHTML.slice(0, 100));
}

function structure() {
    const wrong = [];
    const all = (selector) => [...document.querySelectorAll(selector)]
        .filter((node) => node.checkVisibility());
    let before = 0;

    for (const heading of all('h1, h2, h3, h4')) {
        const level = Number(heading.tagName[1]);
        if (level > before + 1) {
            wrong.push(`${heading.tagName} "${heading.textContent}"`);
        }
        before = level;
    }

    if (all('h1').length !== 1 || all('main').length !== 1
        || all('header').length !== 1 || all('footer').length !== 1)
    {
        wrong.push('landmarks');
    }

    for (const table of all('table')) {
        if (!table.caption?.textContent) {
            wrong.push('a table without a caption');
        }
        for (const cell of table.querySelectorAll('th')) {
            if (!cell.scope) {
                wrong.push(`no scope: ${cell.textContent}`);
            }
        }
        for (const row of table.querySelectorAll('tbody tr.row')) {
            if (!row.cells[0].matches('th[scope="row"]')) {
                wrong.push(`no head: ${row.textContent}`);
            }
        }
    }

    for (const node of document.querySelectorAll('svg')) {
        if (!node.closest('[aria-hidden="true"], [aria-label]')) {
            wrong.push(`a picture without text: ${node.parentNode.className}`);
        }
    }

    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    wrong.push(...ids.filter((id, i) => ids.indexOf(id) !== i));

    for (const node of document.querySelectorAll('[aria-controls]')) {
        if (!document.getElementById(node.getAttribute('aria-controls'))) {
            wrong.push(`controls nothing: ${node.outerHTML.slice(0, 100)}`);
        }
    }
    for (const node of document.querySelectorAll('label[for]')) {
        if (!document.getElementById(node.htmlFor)) {
            wrong.push(`label of nothing: ${node.htmlFor}`);
        }
    }
    return wrong;
}

// text against what is behind it, 4.5:1; lines of charts and borders of
// controls, 3:1

function contrast() {
    const wrong = new Set();

    function rgba(text) {
        const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
        return { r, g, b, a };
    }

    function over(top, below) {
        const mix = (x, y) => x * top.a + y * (1 - top.a);
        return { r: mix(top.r, below.r), g: mix(top.g, below.g),
                 b: mix(top.b, below.b), a: 1 };
    }

    function behind(node) {
        const layers = [];
        for (let at = node; at; at = at.parentElement) {
            layers.push(rgba(getComputedStyle(at).backgroundColor));
        }
        return layers.reverse().reduce((below, top) => over(top, below),
                                       { r: 255, g: 255, b: 255, a: 1 });
    }

    function luminance({ r, g, b }) {
        const [x, y, z] = [r, g, b].map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92
                                   : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    }

    function check(node, color, least, what) {
        const ground = behind(node);
        let part = 1;
        for (let at = node; at; at = at.parentElement) {
            part *= Number(getComputedStyle(at).opacity);
        }
        const front = rgba(color);
        const [low, high] = [ground, over({ ...front, a: front.a * part },
                                          ground)]
            .map(luminance).sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < least) {
            wrong.add(`${ratio.toFixed(2)} ${what} ${node.className.baseVal
                ?? node.className} "${node.textContent.slice(0, 30)}"`);
        }
    }

    for (const node of document.body.querySelectorAll('*')) {
        const style = getComputedStyle(node);
        const text = [...node.childNodes].some((child) =>
            child.nodeType === Node.TEXT_NODE && child.data.trim());

        if (!node.checkVisibility() || node.closest('.unseen, :disabled, '
                                                    + 'caption, option'))
        {
            continue;
        }
        if (text && node.closest('svg')) {
            check(node, style.fill, 4.5, 'text');
        } else if (text) {
            check(node, style.color, 4.5, 'text');
        }
        if (node.matches('select, input[type="search"], .button')) {
            check(node, style.borderTopColor, 3, 'border');
        }
        if (node.matches('.plot .series') && !node.closest('.late')) {
            check(node, style.stroke, 3, 'line');
        }
    }
    return [...wrong];
}

// whoever has the focus shows it

function focusShown() {
    const node = document.activeElement;
    const box = node.matches('[type="range"]') ? node.parentElement : node;
    const style = getComputedStyle(box);
    return style.outlineStyle === 'solid'
        && parseFloat(style.outlineWidth) >= 2;
}

const inPage = (check) => `(${check})()`;

export const checks = {
    names: inPage(names), structure: inPage(structure),
    contrast: inPage(contrast), focusShown: inPage(focusShown),
};
