# Distribution packages first; the rest are pinned archives that tools/fetch-deps unpacked into
# third_party/cache (hash-checked, never committed).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.35 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv>=1.40)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

set(HR_CACHE ${CMAKE_SOURCE_DIR}/third_party/cache CACHE PATH "unpacked pinned archives")
if(NOT EXISTS ${HR_CACHE}/yyjson/yyjson.c OR NOT EXISTS ${HR_CACHE}/llhttp/llhttp.c)
  message(FATAL_ERROR "pinned sources are missing: run tools/fetch-deps (make build does)")
endif()
add_library(hr_yyjson STATIC ${HR_CACHE}/yyjson/yyjson.c)
target_include_directories(hr_yyjson SYSTEM PUBLIC ${HR_CACHE}/yyjson)
add_library(hr_llhttp STATIC ${HR_CACHE}/llhttp/llhttp.c ${HR_CACHE}/llhttp/api.c ${HR_CACHE}/llhttp/http.c)
target_include_directories(hr_llhttp SYSTEM PUBLIC ${HR_CACHE}/llhttp)
