// The looks of a chart, on light and on dark: the colours are those of the page that it stands on.

export const chartStyle = `
  text {
    font: 12px -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif;
    fill: #1f2328;
  }
  .ground { fill: #fff; stroke: #d1d9e0 }
  .title { font-weight: 600 }
  .value { font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums }
  .faint { font-size: 11px; fill: #59636e }
  .met { fill: #1a7f37 } .missed { fill: #bc4c00 }
  .good { fill: #1a7f37; opacity: .08 }
  .goal { stroke: #1a7f37; stroke-width: 1; stroke-dasharray: 4 3; opacity: .8 }
  .axis { stroke: #d1d9e0; stroke-width: 1 }
  .line { fill: none; stroke: #0969da; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round }
  .spread { stroke: #0969da; stroke-width: 5; stroke-linecap: round; opacity: .22 }
  .point { fill: #0969da }
  .newest { fill: #0969da; stroke: #fff; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .faint { fill: #9198a1 }
    .met { fill: #3fb950 } .missed { fill: #f0883e }
    .good { fill: #3fb950; opacity: .1 }
    .goal { stroke: #3fb950 }
    .axis { stroke: #3d444d }
    .line, .spread { stroke: #4493f8 }
    .point { fill: #4493f8 }
    .newest { fill: #4493f8; stroke: #0d1117 }
  }`;
