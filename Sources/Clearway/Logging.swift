import Foundation
import Logging
import PaymentEvents

/// Sends logs to standard error in the form and level of the settings. Called once, by services.
func startLogging(_ settings: Settings, service: String) throws(CommandError) -> Logger {
    let level = Logger.Level(rawValue: try settings.choice(.logLevel)) ?? .info
    if try settings.choice(.logFormat) == "json" {
        LoggingSystem.bootstrap { _ in JSONLogHandler(level: level) }
    } else {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
    return Logger(label: "clearway.\(service)")
}

/// One JSON object per line.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(level: Logger.Level) {
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members: [String: JSONValue] = [
            "at": .string(Timestamp.text(Date())), "level": .string(event.level.rawValue),
            "message": .string(event.message.description),
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            members[members[key] == nil ? key : "field_\(key)"] = .string("\(value)")
        }
        let line = JSONValue.object(members).canonicalBytes() + [0x0A]
        FileHandle.standardError.write(Data(line))
    }
}
