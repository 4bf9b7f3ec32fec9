/// Columns of text, each as wide as its widest cell.
struct TextTable {
    private let columns: [String]
    private let isRightAligned: Set<Int>
    private var rows: [[String]] = []

    init(columns: [String], rightAligned: Set<Int> = []) {
        self.columns = columns
        isRightAligned = rightAligned
    }

    mutating func add(_ row: [String]) {
        precondition(row.count == columns.count, "a row has \(columns.count) cells")
        rows.append(row)
    }

    var isEmpty: Bool { rows.isEmpty }

    var text: String {
        let all = [columns.map { $0.uppercased() }] + rows
        let widths = columns.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        return all.map { row in
            let cells = row.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return isRightAligned.contains(index) ? padding + cell : cell + padding
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}
