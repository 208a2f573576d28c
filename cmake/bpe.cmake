# The vocabularies' constant tables: tools/gen-bpe.c packs the published rank files at build time,
# the packed file is placed in read-only data by the assembler (.incbin) and linked into hr_text.
set(HR_RANKS ${HR_CACHE}/ranks)
add_executable(gen-bpe ${CMAKE_SOURCE_DIR}/tools/gen-bpe.c)
target_include_directories(gen-bpe PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(gen-bpe PRIVATE hr_flags ZLIB::ZLIB)
target_compile_options(gen-bpe PRIVATE -O2)
foreach(name o200k cl100k)
  set(ranks ${HR_RANKS}/${name}_base.tiktoken.gz)
  if(NOT EXISTS ${ranks})
    message(FATAL_ERROR "${name}_base.tiktoken.gz is missing: run tools/fetch-deps (make build does)")
  endif()
  set(out ${CMAKE_BINARY_DIR}/gen/bpe_${name})
  add_custom_command(
    OUTPUT ${out}.bin ${out}.c
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/gen
    COMMAND gen-bpe ${name} ${ranks} ${out}.bin ${out}.c
    DEPENDS gen-bpe ${ranks}
    VERBATIM)
  set_source_files_properties(${out}.c PROPERTIES OBJECT_DEPENDS ${out}.bin)
  target_sources(hr_text PRIVATE ${out}.c)
endforeach()

add_executable(tokens_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/tokens_bench.c)
target_link_libraries(tokens_bench PRIVATE hr_text hr_flags)
