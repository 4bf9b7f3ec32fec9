import Foundation
import Testing

/// Names, sizes and places of files.
struct LayoutTests {
    private static let forbiddenWords = [
        "Manager", "Helper", "Util", "Common", "Core", "Base", "Impl", "Info",
    ]

    /// Longer than the limit, each with its reason.
    private static let longFiles = [
        "Sources/Delivery/LaneBoard.swift":
            "one state machine with its invariants; a split would part states from transitions"
    ]

    /// Salesforce's own name for its token service.
    private static let properNames = ["AccountManager"]

    private static let linesMax = 400

    private var swiftFiles: [SourceTree.File] {
        get throws {
            try ["Sources", "Tests", "sql"].flatMap {
                try SourceTree.current.files(in: $0, extension: "swift")
            }
        }
    }

    @Test func `the top level holds what the design lists and nothing else`() throws {
        let listed: Set = [
            "Package.swift", "Sources", "Tests", "sql", "deploy", "runbooks", "README.md",
            "Makefile",
        ]
        // Lock file of the package manager; not in the repository.
        let generated: Set = ["Package.resolved"]
        let entries = Set(try SourceTree.current.topLevel.filter { !$0.hasPrefix(".") })
        #expect(entries.subtracting(listed).subtracting(generated).isEmpty)
        #expect(entries.isSuperset(of: ["Package.swift", "README.md", "Makefile"]))
    }

    @Test func `every directory of a target holds a source file`() throws {
        for directory in try SourceTree.current.directories(in: "Sources") {
            let path = "Sources/\(directory)"
            let suffix = directory == "CLibpq" ? "h" : "swift"
            #expect(try !SourceTree.current.files(in: path, extension: suffix).isEmpty, "\(path)")
        }
        for directory in try SourceTree.current.directories(in: "Tests") {
            let path = "Tests/\(directory)"
            #expect(try !SourceTree.current.files(in: path, extension: "swift").isEmpty, "\(path)")
        }
    }

    @Test func `no file is named after nothing in particular`() throws {
        for file in try swiftFiles {
            var stem = file.stem
            for name in Self.properNames { stem = stem.replacing(name, with: "") }
            let words = stem.split { !$0.isLetter }.flatMap(Self.words)
            let found = words.filter(Self.forbiddenWords.contains)
            #expect(found.isEmpty, "\(file.path)")
        }
    }

    @Test func `no file outgrows a reader`() throws {
        for file in try swiftFiles where Self.longFiles[file.path] == nil {
            #expect(file.lines.count - 1 <= Self.linesMax, "\(file.path)")
        }
    }

    @Test func `a file that is allowed to be long still is`() throws {
        let lengths = Dictionary(
            uniqueKeysWithValues: try swiftFiles.map { ($0.path, $0.lines.count - 1) })
        for path in Self.longFiles.keys {
            #expect((lengths[path] ?? 0) > Self.linesMax, "\(path) needs no exception")
        }
    }

    @Test func `the first line of every SQL file is a comment that says what it guarantees`() throws
    {
        let files = try SourceTree.current.files(in: "sql", extension: "sql")
        #expect(!files.isEmpty)
        for file in files {
            #expect(file.lines.first?.hasPrefix("-- ") == true, "\(file.path)")
        }
    }

    /// `HTTPInfoReader` is `HTTP`, `Info`, `Reader`; `Information` is one word.
    private static func words(in name: Substring) -> [String] {
        var words: [String] = []
        var previous: Character?
        for character in name {
            let startsWord = character.isUppercase && previous?.isUppercase != true
            if startsWord || words.isEmpty {
                words.append(String(character))
            } else {
                words[words.count - 1].append(character)
            }
            previous = character
        }
        return words.flatMap { word -> [String] in
            // An acronym runs into the next word: `HTTPInfo` arrives as `HTTPInfo`.
            guard let last = word.lastIndex(where: \.isUppercase), last != word.startIndex else {
                return [word]
            }
            return [String(word[..<last]), String(word[last...])]
        }
    }

    @Test(arguments: [
        ("PoolManager", ["Pool", "Manager"]), ("HTTPInfo", ["HTTP", "Info"]),
        ("Information", ["Information"]), ("Encoder", ["Encoder"]),
    ])
    func `a name is taken apart into words`(name: String, words: [String]) {
        #expect(Self.words(in: Substring(name)) == words)
    }
}
