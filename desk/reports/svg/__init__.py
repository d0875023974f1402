"""Small charts that the server draws: bars, stacked bars, a heat map and a map of tiles."""
