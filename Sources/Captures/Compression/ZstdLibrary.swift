import Glibc

/// The few functions of libzstd (zstd.h, stable API) that streaming decompression takes, found at run time: a
/// host without the library can do everything else.
struct ZstdLibrary {
    typealias Create = @convention(c) () -> OpaquePointer?
    typealias Free = @convention(c) (OpaquePointer?) -> Int
    typealias Decompress =
        @convention(c) (OpaquePointer?, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int
    typealias IsError = @convention(c) (Int) -> UInt32
    typealias ErrorName = @convention(c) (Int) -> UnsafePointer<CChar>

    let create: Create
    let free: Free
    let decompress: Decompress
    let isError: IsError
    let errorName: ErrorName

    init?() {
        guard let library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL),
            let create = dlsym(library, "ZSTD_createDStream"),
            let free = dlsym(library, "ZSTD_freeDStream"),
            let decompress = dlsym(library, "ZSTD_decompressStream"),
            let isError = dlsym(library, "ZSTD_isError"),
            let errorName = dlsym(library, "ZSTD_getErrorName")
        else { return nil }
        self.create = unsafeBitCast(create, to: Create.self)
        self.free = unsafeBitCast(free, to: Free.self)
        self.decompress = unsafeBitCast(decompress, to: Decompress.self)
        self.isError = unsafeBitCast(isError, to: IsError.self)
        self.errorName = unsafeBitCast(errorName, to: ErrorName.self)
    }
}
