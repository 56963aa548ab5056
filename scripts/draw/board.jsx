// Draws window.BOARD (see boards.py) with Grafana's components; what these lack is in own.jsx.
require('@fontsource/inter/400.css');
require('@fontsource/inter/500.css');
const React = require('react');
const { createRoot } = require('react-dom/client');
const { EventBusSrv, FieldType, ThemeContext, createTheme, dateTime, getDisplayProcessor, toDataFrame } = require('@grafana/data');
const { BarGauge, BigValue, GlobalStyles, PanelChrome, PanelContextProvider, PortalContainer, Table, TimeSeries } = require('@grafana/ui');
const { HeatMap, StateTimeline } = require('./own.jsx');

const GRID = { column: 24, row: 30, gap: 8 };
const { panels, title, about, label, range, theme: scheme, width, language } = window.BOARD;
const theme = createTheme({ colors: { mode: scheme } });

const timeRange = { from: dateTime(range[0] * 1000), to: dateTime(range[1] * 1000), raw: { from: 'now-5m', to: 'now' } };

function matches(matcher, field, name) {
  if (matcher.id === 'byName') return matcher.options === name;
  if (matcher.id === 'byRegexp') return new RegExp(matcher.options.replace(/^\/(.*)\/$/, '$1')).test(name);
  throw new Error(`override by ${matcher.id}`);
}

// The defaults of a panel and what overrides them, for one field.
function configured(field, panel) {
  const { defaults, overrides } = panel.fieldConfig;
  const config = { ...defaults, custom: { ...defaults.custom }, displayName: field.name };
  for (const { matcher, properties } of overrides) {
    if (!matches(matcher, field, field.name)) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom[id.slice(7)] = value;
      else config[id] = value;
    }
  }
  delete config.links; // A picture is not clicked.
  const made = { ...field, config: { color: { mode: field.byThreshold ? 'thresholds' : 'palette-classic' }, ...config } };
  made.state = { seriesIndex: field.index ?? 0, displayName: field.name };
  made.display = getDisplayProcessor({ field: made, theme });
  return made;
}

// One frame per series, as Grafana's Prometheus source makes them.
function seriesFrames(panel) {
  return panel.series.map(({ name, points }, index) => ({
    refId: 'A',
    length: points.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: points.map(([t]) => t * 1000) },
      configured({ name, index, type: FieldType.number, values: points.map(([, v]) => v) }, panel),
    ],
  }));
}

function values(panel) {
  return panel.series.map(({ name, points }, index) => {
    const field = configured({ name, index, byThreshold: true, type: FieldType.number, values: [points.at(-1)[1]] }, panel);
    return { field, shown: { ...field.display(field.values[0]), title: panel.series.length > 1 ? name : '' } };
  });
}

function Nothing({ panel }) {
  const text = panel.fieldConfig.defaults.noValue ?? 'No data';
  return <div style={{ height: '100%', display: 'grid', placeItems: 'center', color: theme.colors.text.secondary }}>{text}</div>;
}

function Stat({ panel, width, height }) {
  const all = values(panel);
  if (!all.length) {
    const text = panel.fieldConfig.defaults.noValue;
    return <BigValue width={width} height={height} theme={theme} value={{ text, numeric: NaN, color: theme.colors.text.primary }} colorMode="value" graphMode="none" />;
  }
  const each = (width - 8 * (all.length - 1)) / all.length;
  const longest = (texts) => texts.reduce((a, b) => (b.length > a.length ? b : a), '');
  const factors = {
    title: longest(all.map(({ shown }) => shown.title)),
    text: longest(all.map(({ shown }) => `${shown.prefix ?? ''}${shown.text}${shown.suffix ?? ''}`)),
  };
  return (
    <div style={{ display: 'flex', gap: 8 }}>
      {all.map(({ shown }, index) => (
        <BigValue key={index} width={each} height={height} theme={theme} value={shown} colorMode="value" graphMode="none"
          count={all.length} alignmentFactors={factors} textMode={panel.options.textMode} wideLayout={panel.options.wideLayout} justifyMode={panel.options.justifyMode} text={panel.options.text} />
      ))}
    </div>
  );
}

function Bars({ panel, width, height }) {
  const all = values(panel);
  const largest = Math.max(...all.map(({ field }) => field.values[0]));
  const each = Math.min(48, (height - 12) / all.length - 6);
  return all.map(({ field, shown }, index) => (
    <div key={index} style={{ marginBottom: 6 }}>
      <BarGauge width={width} height={each} theme={theme} value={{ ...shown, title: field.name }} display={field.display} text={{ titleSize: 12 }}
        field={{ ...field.config, min: field.config.min ?? 0, max: field.config.max ?? largest }}
        orientation="horizontal" displayMode={panel.options.displayMode} showUnfilled={panel.options.showUnfilled}
        alignmentFactors={{ title: all.map((one) => one.field.name).sort((a, b) => b.length - a.length)[0], text: '000.00 ms' }} />
    </div>
  ));
}

function Grid({ panel, width, height }) {
  const fields = panel.columns.map(({ name, values }, index) =>
    configured({ name, index, byThreshold: true, values, type: values.some((one) => typeof one === 'number') ? FieldType.number : FieldType.string }, panel));
  const data = { ...toDataFrame({ fields: [] }), fields, length: panel.columns[0]?.values.length ?? 0 };
  return <Table data={data} width={width} height={height} cellHeight={panel.options.cellHeight}
      columnMinWidth={panel.fieldConfig.defaults.custom.minWidth} initialSortBy={panel.options.sortBy} />;
}

function Lines({ panel, width, height }) {
  return (
    <TimeSeries frames={seriesFrames(panel)} width={width} height={height} timeRange={timeRange} timeZone="utc"
      legend={panel.options.legend} options={panel.options}>{() => null}</TimeSeries>
  );
}

const KINDS = { stat: Stat, bargauge: Bars, table: Grid, timeseries: Lines, 'state-timeline': StateTimeline, heatmap: HeatMap };

function Panel({ panel }) {
  const column = (width - GRID.gap) / GRID.column;
  const { x, y, w, h } = panel.gridPos;
  const box = { position: 'absolute', left: GRID.gap + x * column, top: y * (GRID.row + GRID.gap), width: w * column - GRID.gap, height: h * (GRID.row + GRID.gap) - GRID.gap };
  if (panel.type === 'row') {
    return <div style={{ ...box, font: `500 15px ${theme.typography.fontFamily}`, color: theme.colors.text.primary, paddingTop: 6 }}>⌄ {panel.title}</div>;
  }
  const Kind = KINDS[panel.type];
  const empty = panel.type !== 'stat' && !(panel.series?.length || panel.columns?.[0]?.values.length);
  return (
    <div style={box}>
      <PanelChrome title={panel.title} width={box.width} height={box.height}
        padding={panel.type === 'table' ? 'none' : 'md'}>
        {(innerWidth, innerHeight) => empty ? <Nothing panel={panel} /> : (
          <Kind panel={panel} width={innerWidth} height={innerHeight} theme={theme} configured={configured} range={range} />)}
      </PanelChrome>
    </div>
  );
}

function Board() {
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * (GRID.row + GRID.gap);
  const grey = { color: theme.colors.text.secondary, fontSize: 12 };
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <PanelContextProvider value={{ eventsScope: 'board', eventBus: new EventBusSrv(), app: 'dashboard', sync: () => 0 }}>
        <div id="board" lang={language} style={{ width, background: theme.colors.background.canvas, color: theme.colors.text.primary, fontFamily: theme.typography.fontFamily }}>
          <div style={{ padding: '12px 12px 10px' }}>
            <div style={{ fontSize: 19, fontWeight: 500 }}>{title}</div>
            <div style={grey}>{about}</div>
            <div style={grey}>{label}</div>
          </div>
          <div style={{ position: 'relative', height: bottom }}>{panels.map((panel) => <Panel key={panel.id} panel={panel} />)}</div>
        </div>
      </PanelContextProvider>
    </ThemeContext.Provider>
  );
}

window.__grafanaPublicPathPrefix = '';
document.body.style.margin = 0;
createRoot(document.getElementById('root')).render(<Board />);
