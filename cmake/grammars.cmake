# tree-sitter and the grammars of programming languages, as one library. A grammar is tables that only
# its language touches, so an unused one costs file size and nothing else; to leave some out:
# -DHR_GRAMMARS="python;go". Built without sanitizers and with little optimisation: it is generated
# code, and it is the same in each of our builds.
set(HR_GRAMMARS "python;javascript;typescript;go;rust;java;c;cpp;bash;c_sharp;ruby;php" CACHE STRING
  "languages whose function bodies can be left out")
set(ts ${HR_CACHE}/tree-sitter)
if(NOT EXISTS ${ts}/core/src/lib.c)
  message(FATAL_ERROR "pinned sources are missing: run tools/fetch-deps (make build does)")
endif()

set(plain $<$<BOOL:${HR_SANITIZE}>:-fno-sanitize=all> $<$<BOOL:${HR_TSAN}>:-fno-sanitize=all>
  $<$<BOOL:${HR_FUZZ}>:-fno-sanitize=all> -w -fvisibility=hidden)
add_library(hr_tree_sitter STATIC ${ts}/core/src/lib.c)
target_include_directories(hr_tree_sitter SYSTEM PUBLIC ${ts}/core/include PRIVATE ${ts}/core/src)
target_compile_definitions(hr_tree_sitter PRIVATE _DEFAULT_SOURCE _POSIX_C_SOURCE=200809L)
target_compile_options(hr_tree_sitter PRIVATE ${plain} -O2)

# An object library a folder with parser.c: each brings the header it was generated for, or none.
function(hr_grammar name folder)
  if(NOT EXISTS ${ts}/${folder}/parser.c)
    message(STATUS "no sources of the ${name} grammar: its code is left alone")
    return()
  endif()
  file(GLOB srcs ${ts}/${folder}/parser.c ${ts}/${folder}/scanner.c)
  add_library(hr_grammar_${name} OBJECT ${srcs})
  file(STRINGS ${ts}/${folder}/parser.c abi REGEX "^#define LANGUAGE_VERSION " LIMIT_COUNT 1)
  if(EXISTS ${ts}/${folder}/tree_sitter/parser.h)
    target_include_directories(hr_grammar_${name} SYSTEM PRIVATE ${ts}/${folder})
  elseif(abi MATCHES " 14$")
    target_include_directories(hr_grammar_${name} SYSTEM PRIVATE
      ${CMAKE_SOURCE_DIR}/cmake/tree_sitter_abi14 ${ts} ${ts}/c/src)
  else()
    target_include_directories(hr_grammar_${name} SYSTEM PRIVATE ${ts}/c/src)
  endif()
  target_compile_options(hr_grammar_${name} PRIVATE ${plain} -O1 -Wno-incompatible-pointer-types)
  target_sources(hr_tree_sitter PRIVATE $<TARGET_OBJECTS:hr_grammar_${name}>)
  string(TOUPPER ${name} upper)
  target_compile_definitions(hr_tree_sitter PUBLIC HR_GRAMMAR_${upper})
endfunction()

foreach(name ${HR_GRAMMARS})
  if(name STREQUAL typescript)
    hr_grammar(typescript typescript/typescript/src)
    hr_grammar(tsx typescript/tsx/src)
  elseif(name STREQUAL php)
    hr_grammar(php php/php/src)
  else()
    hr_grammar(${name} ${name}/src)
  endif()
endforeach()
