import Configuration
import Foundation
import Logging
import SystemPackage

/// The settings of this process: the environment first, then an optional file of NAME=value lines.
///
/// This is the only place that reads them.
struct Settings: Sendable {
    private let reader: ConfigReader
    private let sources: String

    /// Reads the environment and, when one is named, a file.
    init(file: String? = nil) async throws(CommandError) {
        let secrets = SecretsSpecifier<String, String>.specific(
            Set(Setting.all.filter(\.isSecret).map(\.name)))
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(secretsSpecifier: secrets)
        ]
        sources = file.map { "the environment or \($0)" } ?? "the environment"
        if let file {
            do {
                providers.append(
                    try await EnvironmentVariablesProvider(
                        environmentFilePath: FilePath(file), secretsSpecifier: secrets))
            } catch {
                throw CommandError(
                    "the settings file \(file) cannot be read",
                    next: "give --config a file of NAME=value lines")
            }
        }
        reader = ConfigReader(providers: providers)
    }

    /// The value as it was given, or its default; secrets may come from a file named by NAME_FILE.
    func text(_ setting: Setting) throws(CommandError) -> String? {
        if let given = given(setting.name, isSecret: setting.isSecret) { return given }
        if setting.isSecret, let path = given(setting.name + "_FILE", isSecret: false) {
            do {
                let text = try String(contentsOfFile: path, encoding: .utf8)
                return text.trimmingCharacters(in: .newlines)
            } catch {
                throw CommandError(
                    "\(setting.name)_FILE names \(path), which cannot be read",
                    next: "check the path and its permissions")
            }
        }
        return setting.standard
    }

    private func given(_ name: String, isSecret: Bool) -> String? {
        let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
        let value = reader.string(forKey: key, isSecret: isSecret)
        return value?.isEmpty == true ? nil : value
    }

    func required(_ setting: Setting) throws(CommandError) -> String {
        if let value = try text(setting) { return value }
        let file = setting.isSecret ? ", or \(setting.name)_FILE to a file that holds it" : ""
        throw CommandError(
            "\(setting.name) is not set in \(sources)",
            next: "set it\(file) (\(setting.doc.withoutPeriod))")
    }

    func integer(_ setting: Setting) throws(CommandError) -> Int {
        let value = try required(setting)
        let range: ClosedRange<Int>
        switch setting.kind {
        case .integer(let allowed), .duration(let allowed): range = allowed
        default: preconditionFailure("\(setting.name) is not a number")
        }
        guard let number = Int(value), range.contains(number) else {
            throw Self.unfit(setting)
        }
        return number
    }

    func duration(_ setting: Setting) throws(CommandError) -> Duration {
        .seconds(try integer(setting))
    }

    func boolean(_ setting: Setting) throws(CommandError) -> Bool {
        switch try required(setting).lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw Self.unfit(setting)
        }
    }

    func choice(_ setting: Setting) throws(CommandError) -> String {
        let value = try required(setting)
        guard case .choice(let values) = setting.kind, values.contains(value) else {
            throw Self.unfit(setting)
        }
        return value
    }

    func list(_ setting: Setting) throws(CommandError) -> [String] {
        (try text(setting) ?? "").split { $0 == "," || $0.isNewline }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    private static func unfit(_ setting: Setting) -> CommandError {
        CommandError("\(setting.name) must be \(setting.typeText)", next: "correct it")
    }

    /// The value for a person: secrets are masked, the rest is as it is used.
    func shown(_ setting: Setting) throws(CommandError) -> String {
        guard let value = try text(setting) else { return "(not set)" }
        return setting.isSecret ? "(set)" : value
    }
}

extension String {
    fileprivate var withoutPeriod: String { hasSuffix(".") ? String(dropLast()) : self }
}
