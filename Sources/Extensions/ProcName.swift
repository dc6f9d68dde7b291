import RuleModel

extension OptionReader {
    /// A name that the kernel makes a file of under `/proc/net` (`xt_check_proc_name` in net/netfilter/x_tables.c), cut to the
    /// bytes that the kernel's structure has for it; nil with a report for what no file is called.
    mutating func procName(_ argument: Argument, bytes: Int) -> String? {
        let name = argument.text.cut(toBytes: bytes)
        guard !name.isEmpty, name != ".", name != "..", !name.contains("/") else {
            error("\"\(argument.text)\" can't be the name of a file under /proc", at: argument.range)
            return nil
        }
        if name.utf8.count < argument.text.utf8.count {
            warning("the kernel keeps \(bytes) bytes of this name", at: argument.range)
        }
        return name
    }
}
