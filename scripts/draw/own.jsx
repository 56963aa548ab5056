// The panels that Grafana keeps in its application and not in its library. As small as a picture needs them.
const React = require('react');
const { FieldType, dateTimeFormat } = require('@grafana/data');

const AXIS = 22;
const TICKS = 6;

function Times({ range, left, width, height, theme }) {
  return Array.from({ length: TICKS }, (_, index) => {
    const at = range[0] + ((range[1] - range[0]) * (index + 0.5)) / TICKS;
    return (
      <text key={index} x={left + (width * (index + 0.5)) / TICKS} y={height - 6} textAnchor="middle" fill={theme.colors.text.secondary} fontSize={12}>
        {dateTimeFormat(at * 1000, { format: 'HH:mm:ss', timeZone: 'utc' })}
      </text>
    );
  });
}

function StateTimeline({ panel, width, height, theme, configured, range }) {
  const left = Math.min(width / 3, 12 + 6.6 * Math.max(...panel.series.map(({ name }) => name.length)));
  const wide = width - left;
  const legend = 24;
  const row = (height - AXIS - legend) / panel.series.length;
  const x = (t) => left + (wide * (t - range[0])) / (range[1] - range[0]);
  const seen = new Map();
  const bars = panel.series.flatMap(({ name, points }, index) => {
    const { display } = configured({ name, type: FieldType.number, byThreshold: true, values: [] }, panel);
    return points.map(([t, value], at) => {
      const { text, color } = display(value);
      seen.set(text, color);
      const next = points[at + 1]?.[0] ?? t + panel.step;
      const until = Math.min(next, t + panel.step * 1.01, range[1]);
      return <rect key={`${index} ${at}`} x={x(t)} width={Math.max(0, x(until) - x(t) + 0.3)} y={index * row + row * 0.1} height={row * 0.8} fill={color} fillOpacity={0.8} />;
    });
  });
  const names = panel.series.map(({ name }, index) => (
    <text key={name} x={left - 8} y={(index + 0.5) * row + 4} textAnchor="end" fill={theme.colors.text.primary} fontSize={12}>{name}</text>
  ));
  const keys = [...seen].map(([text, color], index) => (
    <g key={text} transform={`translate(${8 + index * 110}, ${height - 8})`}>
      <rect width={14} height={4} y={-6} rx={2} fill={color} />
      <text x={20} fill={theme.colors.text.primary} fontSize={12}>{text}</text>
    </g>
  ));
  return (
    <svg width={width} height={height} fontFamily={theme.typography.fontFamily}>
      {bars}{names}{keys}<Times range={range} left={left} width={wide} height={height - legend} theme={theme} />
    </svg>
  );
}

// Buckets of a histogram as Prometheus gives them: cumulative, so each is what it has more than the one below.
function HeatMap({ panel, width, height, theme, range }) {
  const rows = panel.series
    .map(({ le, points }) => ({ le: le === '+Inf' ? Infinity : Number(le), points: new Map(points) }))
    .sort((a, b) => a.le - b.le);
  const cells = rows.map(({ le, points }, index) => ({
    le,
    counts: [...points].map(([t, value]) => [t, value - (rows[index - 1]?.points.get(t) ?? 0)]).filter(([, count]) => count > 1e-9),
  }));
  const used = cells.map(({ counts }) => counts.length > 0);
  const shown = cells.slice(Math.max(0, used.indexOf(true) - 1), used.lastIndexOf(true) + 2);
  const most = Math.max(...shown.flatMap(({ counts }) => counts.map(([, count]) => count)));
  const left = 56;
  const wide = width - left;
  const row = (height - AXIS) / shown.length;
  const x = (t) => left + (wide * (t - range[0])) / (range[1] - range[0]);
  const blues = (share) => `hsl(210 80% ${theme.isDark ? 25 + 55 * share : 90 - 55 * share}%)`;
  return (
    <svg width={width} height={height} fontFamily={theme.typography.fontFamily}>
      {shown.map(({ le, counts }, index) => {
        const y = (shown.length - 1 - index) * row;
        return (
          <g key={le}>
            <text x={left - 8} y={y + 8} textAnchor="end" fill={theme.colors.text.secondary} fontSize={12}>{le === Infinity ? '∞' : `${le} s`}</text>
            {counts.map(([t, count]) => (
              <rect key={t} x={x(t) + 0.5} width={Math.max(1, x(t + panel.step) - x(t) - 1)} y={y + 0.5} height={row - 1} fill={blues(count / most)} />
            ))}
          </g>
        );
      })}
      <Times range={range} left={left} width={wide} height={height} theme={theme} />
    </svg>
  );
}

module.exports = { HeatMap, StateTimeline };
