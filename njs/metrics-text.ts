/** A metric, with a value for each set of labels. */
export interface Metric {
    name: string
    type: 'counter' | 'gauge'
    help: string
    values: [labels: Record<string, string>, value: number][]
}

/** Writes metrics in the text format of Prometheus. @see Prometheus, "Exposition formats" */
export function metricsText(metrics: readonly Metric[]): string {
    return metrics.map(metricText).join('')
}

function metricText({ name, type, help, values }: Metric): string {
    const lines = values.map(([labels, value]) => {
        const pairs = Object.keys(labels).map((label) => label + '="' + escaped(labels[label]!) + '"')
        return name + (pairs.length === 0 ? '' : '{' + pairs.join(',') + '}') + ' ' + value + '\n'
    })
    return '# HELP ' + name + ' ' + help + '\n# TYPE ' + name + ' ' + type + '\n' + lines.join('')
}

function escaped(value: string): string {
    return value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
}
