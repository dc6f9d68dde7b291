import Foundation
import Gateway
import Testing

@testable import PolicyFile

/// The schema for editors knows what the reader knows.
@Suite struct SchemaTests {
    private static let path = repository.appending(path: "Sources/PolicyFile/gateway-policy.schema.json")

    private func schema() throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: SchemaTests.path)) as? [String: Any])
    }

    /// The keys that an object of the schema allows, by the names of `properties` and `$defs` that lead to it.
    private func keys(_ path: String...) throws -> Set<String> {
        var object = try schema()
        for name in path {
            let inside =
                (object["properties"] as? [String: Any])?[name] ?? (object["$defs"] as? [String: Any])?[name]
            object = try #require(inside as? [String: Any], "no \(name)")
        }
        #expect(object["additionalProperties"] as? Bool == false)
        return Set(try #require(object["properties"] as? [String: Any]).keys)
    }

    private func words<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> Set<String> {
        Set(type.allCases.map(\.rawValue))
    }

    @Test func keysAreThoseOfTheReader() throws {
        #expect(try keys() == words(PolicyKeys.Top.self))
        #expect(try keys("gateway") == words(PolicyKeys.Gateway.self))
        #expect(try keys("limits") == words(GatewayLimits.Name.self))
        #expect(try keys("listener") == words(PolicyKeys.Listener.self))
        #expect(try keys("rule") == words(PolicyKeys.Rule.self))
        #expect(try keys("rule", "reply") == words(PolicyKeys.Reply.self))
        #expect(try keys("rule", "set") == words(PolicyKeys.Edit.self))
        #expect(try keys("rule", "remove") == words(PolicyKeys.Edit.self))
        #expect(try keys("when") == Set(PolicyKeys.fields))
    }

    @Test func wordsAreThoseOfTheReader() throws {
        func choices(_ path: String...) throws -> Set<String> {
            var object = try schema()
            for name in path {
                let inside =
                    (object["properties"] as? [String: Any])?[name]
                    ?? (object["$defs"] as? [String: Any])?[name]
                object = try #require(inside as? [String: Any], "no \(name)")
            }
            return Set(try #require(object["enum"] as? [String]))
        }
        #expect(try choices("protocolValue") == words(GatewayProtocol.self))
        #expect(try choices("listener", "protocol") == words(GatewayProtocol.self))
        #expect(try choices("rule", "then") == words(PolicyAction.self))
        #expect(try choices("default") == words(PolicyAction.self))
        #expect(try choices("unlisted") == words(GatewayPolicy.UnlistedAction.self))
        #expect(try choices("gateway", "open") == words(GatewaySettings.Opening.self))
        #expect(try choices("gateway", "detect") == words(GatewaySettings.Detection.self))
    }

    /// With a validator of another language, where there is one.
    @Test(.enabled(if: SchemaTests.hasValidator, "needs python3 with jsonschema and PyYAML"))
    func shippedPoliciesFit() throws {
        let script = """
            import sys, json, yaml, jsonschema
            schema = json.load(open(sys.argv[1]))
            kind = jsonschema.Draft202012Validator
            kind.check_schema(schema)
            for name in sys.argv[2:]:
                for error in kind(schema).iter_errors(yaml.safe_load(open(name))):
                    print(name, list(error.absolute_path), error.message)
            """
        let policies = try files(in: "Rules", ending: ".gateway.yaml").map {
            repository.appending(path: "Rules/\($0)").path
        }
        #expect(try SchemaTests.python([script, SchemaTests.path.path] + policies) == "")
        let keys = repository.appending(path: "Fixtures/Policies/keys.yaml").path
        #expect(try SchemaTests.python([script, SchemaTests.path.path, keys]).contains("'gatway'"))
    }

    private static var hasValidator: Bool {
        (try? python(["import jsonschema, yaml; print(jsonschema.Draft202012Validator is not None)"]))
            == "True\n"
    }

    private static func python(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
