// Needs ./setuaa, made by: openapi-generator-cli generate --skip-validate-spec -g go -i setuaa.yaml -o setuaa -p packageName=setuaa,withGoMod=false
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"example/setuaa"
)

func main() {
	configuration := setuaa.NewConfiguration()
	configuration.Servers = setuaa.ServerConfigurations{{URL: os.Getenv("SETUAA_SANDBOX_BASE_URL")}}
	client := setuaa.NewAPIClient(configuration)

	loginRequest := setuaa.NewLoginRequest(os.Getenv("SETUAA_SANDBOX_CLIENT_ID"), os.Getenv("SETUAA_SANDBOX_SECRET"), "client_credentials")
	response, _, err := client.TokenAPI.LogIn(context.Background()).Client("bridge").LoginRequest(*loginRequest).Execute()

	var failed *setuaa.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(setuaa.ErrorResponse)
		log.Fatal("setuaa: no token, code ", rejection.GetErrorCode())
	} else if err != nil {
		log.Fatal("setuaa: ", err)
	}

	// The response has no lifetime: that of a JWT is exp - iat, any other is assumed to be 300 s.
	var claims struct{ Exp, Iat float64 }
	if parts := strings.Split(response.AccessToken, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims)
	}
	lifetime := int(claims.Exp - claims.Iat)
	if lifetime <= 0 {
		lifetime = 300
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SETUAA_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setuaa: ", err)
	}
	fmt.Printf("setuaa: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
