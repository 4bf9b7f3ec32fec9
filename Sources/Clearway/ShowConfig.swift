import ArgumentParser

/// Prints every setting with its value.
struct ShowConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "List every setting, its value, range and meaning.",
        discussion: "Secrets are shown as (set) or (not set), never as they are.")

    @Flag(help: "Print the table of the README instead: defaults, not values.")
    var markdown = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        if markdown {
            print(Self.markdownTable)
            return
        }
        let settings = try await options.settings()
        var table = TextTable(columns: ["setting", "value", "range", "meaning"])
        for setting in Setting.all {
            table.add([
                setting.name, try settings.shown(setting), setting.typeText, setting.doc,
            ])
        }
        print(table.text)
    }

    /// What the README shows. A test compares the two.
    static var markdownTable: String {
        var lines = ["| Setting | Type, range | Default | Meaning |", "|---|---|---|---|"]
        for setting in Setting.all {
            let secret = setting.isSecret ? " Secret: also `\(setting.name)_FILE`." : ""
            let standard = setting.standard.map { "`\($0)`" } ?? "–"
            lines.append(
                "| `\(setting.name)` | \(setting.typeText) | \(standard) | \(setting.doc)\(secret) |"
            )
        }
        return lines.joined(separator: "\n")
    }
}
