// Draws bars with Chart.js, of which only these parts are fetched, and only where there is something to draw.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  type Plugin,
  Tooltip,
} from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

export interface Bar {
  readonly mark: string;
  readonly value: number;
  readonly before: number;
  /** Not all of it is known. */
  readonly unsure: boolean;
  /** It still grows. */
  readonly open: boolean;
  readonly title: string;
  readonly lines: readonly string[];
}

export interface Inks {
  readonly bar: string;
  readonly openBar: string;
  readonly before: string;
  readonly beforeEdge: string;
  readonly text: string;
  readonly grid: string;
  readonly unsure: string;
  readonly note: string;
  readonly noteText: string;
  readonly font: string;
}

type Figure = (value: number) => string;

/** The returned function takes the drawing away. */
export function draw(canvas: HTMLCanvasElement, bars: readonly Bar[], inks: Inks, figure: Figure): () => void {
  const chart = new Chart(canvas, configuration(bars, inks, figure));
  return () => chart.destroy();
}

function configuration(bars: readonly Bar[], inks: Inks, figure: Figure): ChartConfiguration<"bar"> {
  const font = { family: inks.font, size: 12 };
  return {
    type: "bar",
    data: { labels: bars.map((bar) => bar.mark), datasets: [before(bars, inks), now(bars, inks)] },
    plugins: [questionMarks(bars, inks)],
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      layout: { padding: { top: 14 } },
      scales: {
        x: {
          grid: { display: false },
          border: { color: inks.grid },
          ticks: { color: inks.text, font, maxRotation: 0, autoSkipPadding: 16 },
        },
        y: {
          beginAtZero: true,
          grid: { color: inks.grid },
          border: { display: false },
          ticks: { color: inks.text, font, maxTicksLimit: 5, callback: (value) => figure(Number(value)) },
        },
      },
      plugins: {
        tooltip: {
          backgroundColor: inks.note,
          titleColor: inks.noteText,
          bodyColor: inks.noteText,
          titleFont: { ...font, weight: 600 },
          bodyFont: font,
          padding: 10,
          displayColors: false,
          filter: ({ datasetIndex }) => datasetIndex === 1,
          callbacks: {
            title: ([item]) => bars[item?.dataIndex ?? -1]?.title ?? "",
            label: ({ dataIndex }) => [...(bars[dataIndex]?.lines ?? [])],
          },
        },
      },
    },
  };
}

type DataSet = ChartConfiguration<"bar">["data"]["datasets"][number];

function now(bars: readonly Bar[], { bar, openBar }: Inks): DataSet {
  return {
    data: bars.map(({ value }) => value),
    backgroundColor: bars.map(({ open }) => (open ? openBar : bar)),
    borderColor: bar,
    borderWidth: bars.map(({ open }) => (open ? 1.5 : 0)),
    borderRadius: 3,
    barPercentage: 0.62,
    maxBarThickness: 44,
    ...behindEachOther,
    order: 1,
  };
}

/** Wider and pale, behind the others. */
function before(bars: readonly Bar[], inks: Inks): DataSet {
  return {
    data: bars.map((bar) => bar.before),
    backgroundColor: inks.before,
    borderColor: inks.beforeEdge,
    borderWidth: { top: 1 },
    borderRadius: 3,
    barPercentage: 1,
    maxBarThickness: 68,
    ...behindEachOther,
    order: 2,
  };
}

const behindEachOther = { grouped: false, categoryPercentage: 0.9 } as const;

/** Above a bar that would be higher if all were known. */
function questionMarks(bars: readonly Bar[], inks: Inks): Plugin<"bar"> {
  return {
    id: "questionMarks",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const columns = chart.getDatasetMeta(1).data;
      ctx.save();
      ctx.font = `600 11px ${inks.font}`;
      ctx.fillStyle = inks.unsure;
      ctx.textAlign = "center";
      for (const [place, column] of columns.entries()) {
        if (bars[place]?.unsure) ctx.fillText("?", column.x, Math.min(column.y, chartArea.bottom) - 4);
      }
      ctx.restore();
    },
  };
}
