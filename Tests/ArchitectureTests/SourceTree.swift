import Foundation

/// This package's files, as text.
struct SourceTree {
    struct File {
        /// Below the package's directory, such as `Sources/Postgres/Row.swift`.
        let path: String
        let lines: [Substring]

        var name: String { String(path.split(separator: "/").last ?? "") }
        var stem: String { String(name.split(separator: ".").first ?? "") }

        /// The modules of the file's `import` lines, whatever their access level.
        var imports: Set<String> {
            Set(lines.compactMap(Self.importedModule))
        }

        private static func importedModule(_ line: Substring) -> String? {
            var words = line.split(separator: " ")[...]
            while let word = words.first, word != "import" {
                guard word.hasPrefix("@") || modifiers.contains(word) else { return nil }
                words.removeFirst()
            }
            words.removeFirst(min(1, words.count))
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            return words.first?.split(separator: ".").first.map(String.init)
        }

        private static let modifiers: Set<Substring> = [
            "public", "package", "internal", "fileprivate", "private",
        ]
        private static let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
        ]
    }

    let root: URL

    /// Found from where this file was compiled.
    static let current = SourceTree(
        root: URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent())

    var topLevel: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() }
    }

    func directories(in path: String) throws -> [String] {
        let parent = root.appending(path: path)
        return try FileManager.default.contentsOfDirectory(atPath: parent.path).sorted().filter {
            var isDirectory: ObjCBool = false
            let child = parent.appending(path: $0).path
            return FileManager.default.fileExists(atPath: child, isDirectory: &isDirectory)
                && isDirectory.boolValue
        }
    }

    /// The files below a directory with this extension.
    func files(in path: String, extension suffix: String) throws -> [File] {
        let paths = try FileManager.default.subpathsOfDirectory(
            atPath: root.appending(path: path).path)
        return try paths.sorted().filter { $0.hasSuffix(".\(suffix)") }.map { below in
            let text = try String(
                contentsOf: root.appending(path: path).appending(path: below), encoding: .utf8)
            return File(
                path: "\(path)/\(below)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }
}
