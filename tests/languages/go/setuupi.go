// Needs ./setuupi, made by: openapi-generator-cli generate --skip-validate-spec -g go -i setuupi.yaml -o setuupi -p packageName=setuupi,withGoMod=false
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

	"example/setuupi"
)

func main() {
	configuration := setuupi.NewConfiguration()
	configuration.Servers = setuupi.ServerConfigurations{{URL: os.Getenv("SETUUPI_SANDBOX_BASE_URL")}}
	client := setuupi.NewAPIClient(configuration)

	loginRequest := setuupi.NewLoginRequest(os.Getenv("SETUUPI_SANDBOX_CLIENT_ID"), os.Getenv("SETUUPI_SANDBOX_SECRET"), "client_credentials")
	response, _, err := client.TokenAPI.LogIn(context.Background()).Client("bridge").LoginRequest(*loginRequest).Execute()

	var failed *setuupi.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(setuupi.ErrorResponse)
		log.Fatal("setuupi: no token, code ", rejection.GetType())
	} else if err != nil {
		log.Fatal("setuupi: ", err)
	}

	// The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
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
	request, _ := http.NewRequest("GET", os.Getenv("SETUUPI_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setuupi: ", err)
	}
	fmt.Printf("setuupi: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
