import * as Plot from '@observablehq/plot';
import { DOMImplementation, type Element, type Node, XMLSerializer } from '@xmldom/xmldom';
import { Html } from '../html/template.js';

// Observable Plot, drawn without a browser. It wants a document to make its elements in; one that knows XML and nothing
// else is enough. The colours are variables of the page's style sheet, so that one drawing serves light and dark.

const XHTML = 'http://www.w3.org/1999/xhtml';
const XLINK = 'http://www.w3.org/1999/xlink';

export interface ChartOptions extends Plot.PlotOptions {
  /** In pixels. The page shrinks a drawing that is too wide, and never enlarges one. */
  width: number;
  /** What the drawing shows, for those who cannot see it. */
  ariaLabel: string;
}

/** A drawing as SVG, for a page of HTML. */
export function renderChart({ ariaLabel, marks = [], ...options }: ChartOptions): Html {
  const document = new DOMImplementation().createDocument(XHTML, 'html', null);
  const figure = Plot.plot({ document, ariaLabel, className: 'plot', marks, ...options }) as unknown as Element;
  cleanUp(figure);
  figure.setAttribute('role', 'img');
  return Html.of(new XMLSerializer().serializeToString(figure));
}

/** Numbers to a tenth of a pixel, no style sheet of its own, and links without the namespace that HTML knows nothing of. */
function cleanUp(element: Element): void {
  for (const name of ROUNDED) {
    const value = element.getAttribute(name);
    if (value !== null)
      element.setAttribute(
        name,
        value.replace(/\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
      );
  }
  if (element.localName === 'a') {
    const href = element.getAttributeNS(XLINK, 'href');
    element.removeAttributeNS(XLINK, 'href');
    if (href !== null) element.setAttribute('href', href);
    // The list of stories has the same links, for those who use no mouse.
    element.setAttribute('tabindex', '-1');
  }
  // Nobody should have to hear every tick and every bar: the whole drawing has a text of its own.
  element.removeAttribute('aria-hidden');
  if (element.parentNode?.nodeName === 'svg' || element.parentNode?.nodeName === 'g')
    element.removeAttribute('aria-label');
  for (const child of Array.from(element.childNodes as Iterable<Node>)) {
    if (child.nodeName === 'style') element.removeChild(child);
    else if (child.nodeType === child.ELEMENT_NODE) cleanUp(child as Element);
  }
}

const ROUNDED = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height', 'd', 'transform'];
