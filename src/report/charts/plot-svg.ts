import * as Plot from '@observablehq/plot';
import { DOMImplementation, type Element, type Node, XMLSerializer } from '@xmldom/xmldom';
import { Html } from '../html/template.js';

// Observable Plot without a browser: it makes its elements in an XML document. Colours are variables of the page's
// style sheet, so that one chart serves the light and the dark scheme.

const XHTML = 'http://www.w3.org/1999/xhtml';
const XLINK = 'http://www.w3.org/1999/xlink';

/** Options of a chart. */
export interface ChartOptions extends Plot.PlotOptions {
  /** In pixels. The page shrinks a chart that is too wide, and never enlarges one. */
  width: number;
  /** The content of the chart as text, for screen readers. */
  ariaLabel: string;
}

/** Renders a chart as SVG for an HTML page. */
export function renderChart({ ariaLabel, marks = [], ...options }: ChartOptions): Html {
  const document = new DOMImplementation().createDocument(XHTML, 'html', null);
  const figure = Plot.plot({ document, ariaLabel, className: 'plot', marks, ...options }) as unknown as Element;
  cleanUp(figure);
  figure.setAttribute('role', 'img');
  return Html.of(new XMLSerializer().serializeToString(figure));
}

/**
 * Rounds coordinates to 0.1 pixels, removes Plot's style sheet, and replaces xlink by plain links, as HTML has them.
 */
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
    // The keyboard reaches the same links in the list of stories.
    element.setAttribute('tabindex', '-1');
  }
  // A screen reader reads the text of the whole chart, not every tick and bar.
  element.removeAttribute('aria-hidden');
  if (element.parentNode?.nodeName === 'svg' || element.parentNode?.nodeName === 'g')
    element.removeAttribute('aria-label');
  for (const child of Array.from(element.childNodes as Iterable<Node>)) {
    if (child.nodeName === 'style') element.removeChild(child);
    else if (child.nodeType === child.ELEMENT_NODE) cleanUp(child as Element);
  }
}

const ROUNDED = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height', 'd', 'transform'];
